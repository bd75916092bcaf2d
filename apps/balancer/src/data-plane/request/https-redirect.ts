// Redirects requests without TLS to https (RFC 9110 §15.4.9), where that is configured.
import type { BalancerConfig } from '../../config/balancer.config.js';
import type { Peer } from './client-identity.js';
import type { Refusal } from './refusal.js';

/** The port of https that URLs leave out. */
const HTTPS_PORT = 443;

export class HttpsRedirect {
  /** `:8443`, or nothing; undefined: no request is redirected. */
  private readonly port: string | undefined;

  constructor({ HTTPS_REDIRECT_PORT: port }: Pick<BalancerConfig, 'HTTPS_REDIRECT_PORT'>) {
    if (port !== undefined) this.port = port === HTTPS_PORT ? '' : `:${port}`;
  }

  /** The response to a request without TLS; undefined for any other, also for one that a trusted proxy got with TLS. */
  of(peer: Peer, target: string, field: (name: string) => string | undefined): Refusal | undefined {
    const { port } = this;
    if (port === undefined || peer.tlsVersion !== undefined) return undefined;
    if (peer.isProxy && field('x-forwarded-proto') === 'https') return undefined;
    const host = field('host')?.replace(/:\d*$/, '');
    if (!host) return { statusCode: 400, message: 'the request has no Host, which a redirect to https needs' };
    const location = `https://${host}${port}${target}`;
    return { statusCode: 308, message: `use ${location}`, fields: { location } };
  }
}
