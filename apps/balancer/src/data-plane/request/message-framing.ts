// What the head of a request that Node has parsed says about what follows it.
import type { IncomingMessage } from 'node:http';

/** Whether a request has a body (RFC 9112 §6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Whether a request's `Upgrade` is followed; otherwise the request is served as if it had none (RFC 9110 §7.8: always in
 * HTTP/1.0). HTTP/2 in clear text would carry requests past the balancer unseen.
 */
export function isUpgradeFollowed(request: IncomingMessage): boolean {
  const protocols = protocolsIn(request.headers.upgrade);
  const isOther = protocols.every((protocol) => PROTOCOL.test(protocol) && !/^(?:h2|http)/.test(protocol));
  return request.httpVersion === '1.1' && request.method === 'GET' && !hasBody(request) && isOther;
}

/** A name, and a version or nothing (RFC 9110 §7.8). */
const PROTOCOL = /^[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?$/;

/** The protocols that an `Upgrade` field lists, in lower case; one empty name for a message without the field. */
export function protocolsIn(upgrade = ''): string[] {
  return upgrade.split(',').map((protocol) => protocol.trim().toLowerCase());
}
