// HTTP/1.1 messages as text, one character for each byte.

/** A head: a start line and fields as lines. */
export function head(startLine: string, lines: readonly string[]): string {
  return [startLine, ...lines].map((line) => `${line}\r\n`).join('') + '\r\n';
}

/** A request in the plainest form: with a Host, and the fields in `lines`. */
export function request(method: string, target: string, lines: readonly string[] = [], body = ''): string {
  return head(`${method} ${target} HTTP/1.1`, ['Host: example.org', ...lines]) + body;
}

/** A GET. */
export function get(target = '/', ...lines: readonly string[]): string {
  return request('GET', target, lines);
}

/** A GET after which the connection ends. */
export function lastGet(target = '/', ...lines: readonly string[]): string {
  return get(target, 'Connection: close', ...lines);
}

/** A GET that asks for another protocol on its connection. */
export function upgradeTo(protocol: string, target = '/'): string {
  return get(target, 'Connection: Upgrade', `Upgrade: ${protocol}`);
}

/** A response with this body and its length. */
export function response(body: string, lines: readonly string[] = []): string {
  return head('HTTP/1.1 200 OK', [`Content-Length: ${body.length}`, ...lines]) + body;
}

/** The response that a connection is upgraded by. */
export function switchTo(protocol: string, ...lines: readonly string[]): string {
  return head('HTTP/1.1 101 Switching Protocols', ['Connection: Upgrade', `Upgrade: ${protocol}`, ...lines]);
}

/** A body in chunks of these contents, and a trailer section. */
export function chunked(contents: readonly string[], trailers: readonly string[] = []): string {
  const chunks = contents.map((content) => `${content.length.toString(16)}\r\n${content}\r\n`);
  return `${chunks.join('')}0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;
}
