// The target of a request, in each of the forms of RFC 9112 §3.2.
import type { IncomingMessage } from 'node:http';
import { BAD_HOST, isHostText } from './framing-refusal.js';
import { BAD_TARGET, type Refusal } from './refusal.js';

/** Not for a reverse proxy: a tunnel to any host, and an echo of the request's headers. */
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);
/** The response to a request that is for the balancer itself, such as `OPTIONS *`. */
export const OWN_RESPONSE: Refusal = { statusCode: 204, message: '', own: { statusCode: 204, fields: {}, body: '' } };
const SCHEME = /^https?:\/\//i;

/**
 * Changes a target in absolute-form to origin-form, its path and query byte for byte, and `Host` to its authority. Returns
 * a response when the request is not to be forwarded.
 */
export function normalizeTarget(request: IncomingMessage): Refusal | undefined {
  const { method = 'GET', url = '/' } = request;
  const refusal = refusalOfMethod(method);
  if (refusal) return refusal;
  if (url.startsWith('/')) return undefined;
  if (url === '*' && method === 'OPTIONS') return OWN_RESPONSE;
  const scheme = SCHEME.exec(url)?.[0];
  if (scheme === undefined) return BAD_TARGET;
  const pathAt = url.slice(scheme.length).search(/[/?]/);
  const authorityEnd = pathAt === -1 ? url.length : scheme.length + pathAt;
  const authority = url.slice(scheme.length, authorityEnd);
  // An http URL has no userinfo in requests, and its host is not empty (RFC 9110 §4.2).
  if (!isHostText(authority)) return BAD_HOST;
  request.url = originForm(url.slice(authorityEnd), method);
  setHost(request, authority);
  return undefined;
}

/** Returns the response to a method that is never forwarded. */
export function refusalOfMethod(method: string): Refusal | undefined {
  if (!REFUSED_METHODS.has(method)) return undefined;
  return { statusCode: 405, message: `${method} is not allowed here` };
}

/** The path and query of a URL as the target of a request. */
function originForm(rest: string, method: string): string {
  // RFC 9112 §3.2.4: the last proxy asks for the server as a whole.
  if (rest === '' && method === 'OPTIONS') return '*';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** RFC 9112 §3.2.2: the authority of a target in absolute-form replaces the Host field. */
function setHost({ headers, rawHeaders }: IncomingMessage, authority: string): void {
  headers.host = authority;
  const hostAt = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hostAt === -1) rawHeaders.push('Host', authority);
  else rawHeaders[hostAt + 1] = authority;
}
