// Brings target and headers into the form that http-proxy-middleware hands to Node's HTTP client.
import type { Options } from 'http-proxy-middleware';

/** A backend's address in the middleware's terms. */
export type ProxyTarget = Exclude<NonNullable<Options['target']>, string | URL>;

/** Where a backend's URL leads. */
export function targetOf(url: string): ProxyTarget {
  const { protocol, hostname, port, pathname } = new URL(url);
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port: port || '80', pathname };
}

/** What a target is called in a request that says nothing itself. */
export function hostOf({ hostname, port }: ProxyTarget): string {
  const host = hostname?.includes(':') ? `[${hostname}]` : String(hostname);
  return port === '80' ? host : `${host}:${port}`;
}

/**
 * The middleware's own idea of the headers, an object of those it was shown, is ignored; it finds none of which it would
 * have to conclude something. The path is what it sets last.
 */
const FIXED_HEADERS: PropertyDescriptor & ThisType<UpstreamOptions> = {
  enumerable: true,
  get() {
    return this.path === undefined ? {} : this.list;
  },
  set() {},
};

/**
 * What the middleware begins the options of its request with: a raw header list, which Node's client writes as it is, and
 * which the middleware itself would not take.
 */
export class UpstreamOptions {
  /** Nothing is added to the list. */
  readonly setDefaultHeaders = false;
  readonly path: string | undefined;
  [name: string]: unknown;

  constructor(readonly list: readonly string[]) {
    Object.defineProperty(this, 'headers', FIXED_HEADERS);
  }
}
