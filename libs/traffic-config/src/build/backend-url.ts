// The one form of a backend's URL, so that two of them are compared as texts.
import { withoutSlash } from '../schema/paths.js';

/** Origin and path prefix, with a port and without slashes at the end: `http://10.0.0.7/` is `http://10.0.0.7:80`. */
export function backendUrl(url: URL): string {
  const path = withoutSlash(url.pathname);
  const address = url.origin + (path === '/' ? '' : path);
  const port = url.protocol === 'https:' ? 443 : 80;
  return url.port === '' ? address.replace(url.host, `${url.host}:${port}`) : address;
}
