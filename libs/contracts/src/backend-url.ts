// The one form of a backend's URL, so that two of them can be compared as texts.

/**
 * Origin and path prefix of an http or https URL, with a port and without slashes at the end: `http://10.0.0.7/` is
 * `http://10.0.0.7:80`, as in the original protocol.
 */
export function backendUrl(url: URL): string {
  const address = url.origin + url.pathname.replace(/(?<!\/)\/+$/, '');
  const port = url.protocol === 'https:' ? 443 : 80;
  return url.port === '' ? address.replace(url.host, `${url.host}:${port}`) : address;
}
