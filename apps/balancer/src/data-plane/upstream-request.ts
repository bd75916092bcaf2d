// Brings target and headers into the form that http-proxy-middleware hands to Node's HTTP client.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Options } from 'http-proxy-middleware';

/** A backend's address in the middleware's terms. */
export type ProxyTarget = Exclude<NonNullable<Options['target']>, string | URL>;

/** Where a backend's URL leads. */
export function targetOf(url: string): ProxyTarget {
  const { protocol, hostname, port, pathname } = new URL(url);
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port: port || '80', pathname };
}

/** Names that the middleware looks up in lower case. */
const LOOKED_UP = new Set(['host', 'content-length', 'expect']);

/**
 * A raw header list as the object Node's client takes: names as they came, values of repeated fields as a list. The
 * middleware reads it as if it were the request's own headers.
 */
export function upstreamHeaders(raw: readonly string[], request: IncomingMessage): IncomingHttpHeaders {
  // Without a prototype: a field may be called `constructor` or `__proto__`.
  const headers = Object.create(null) as Record<string, string | string[]>;
  const spelling = new Map<string, string>();
  for (let i = 0; i < raw.length; i += 2) {
    const lower = raw[i].toLowerCase();
    const name = LOOKED_UP.has(lower) ? lower : (spelling.get(lower) ?? raw[i]);
    spelling.set(lower, name);
    const before = headers[name];
    headers[name] = before === undefined ? raw[i + 1] : [before, raw[i + 1]].flat();
  }
  if (needsSpelledOutChunking(request)) headers['transfer-encoding'] = 'chunked';
  return headers;
}

/**
 * A chunked body is framed anew by Node's client, which knows it by the absence of a length. Two cases it does not see
 * by itself: heads with `Expect`, sent before anything else can be said, and DELETE and OPTIONS, to which the middleware
 * adds a length of zero unless the coding is named. Naming it costs the connection to the backend its reuse.
 */
function needsSpelledOutChunking({ method = '', headers }: IncomingMessage): boolean {
  const isChunked = headers['transfer-encoding'] !== undefined;
  return isChunked && (headers.expect !== undefined || method === 'DELETE' || method === 'OPTIONS');
}
