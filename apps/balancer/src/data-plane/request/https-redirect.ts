// Redirects requests without TLS to https (308, RFC 9110 §15.4.9), with `HTTPS_REDIRECT_PORT`.
import type { BalancerConfig } from '../../config/balancer.config.js';
import type { Peer } from './client-identity.js';
import type { Refusal } from './refusal.js';

/** The default port of https, which URLs omit. */
const HTTPS_PORT = 443;

/** Decides which requests are redirected, and where to. */
export class HttpsRedirect {
  /** Such as `:8443`, or empty for the default port; undefined: no request is redirected. */
  private readonly port: string | undefined;

  constructor({ HTTPS_REDIRECT_PORT: port }: Pick<BalancerConfig, 'HTTPS_REDIRECT_PORT'>) {
    if (port !== undefined) this.port = port === HTTPS_PORT ? '' : `:${port}`;
  }

  /** Returns the redirect; undefined for a request over TLS, or one that a trusted proxy received over TLS. */
  of(peer: Peer, target: string, field: (name: string) => string | undefined): Refusal | undefined {
    const { port } = this;
    if (port === undefined || peer.tlsVersion !== undefined) return undefined;
    if (peer.isProxy && field('x-forwarded-proto')?.toLowerCase() === 'https') return undefined;
    const host = field('host')?.replace(/:\d*$/, '');
    if (!host) return { statusCode: 400, message: 'the request must have a Host, because it is redirected to https' };
    // `OPTIONS *` has no path.
    const location = `https://${host}${port}${target === '*' ? '' : target}`;
    return { statusCode: 308, message: `use ${location}`, fields: { location } };
  }
}
