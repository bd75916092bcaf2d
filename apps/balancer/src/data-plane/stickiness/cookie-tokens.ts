// The values of stickiness cookies: one for each backend of a pool, which reveals neither and cannot be forged.
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Characters of base64url: 132 bits. */
const TOKEN_LENGTH = 22;
/** Values that are remembered: an HMAC takes some microseconds. */
const MAX_REMEMBERED = 10_000;

export class CookieTokens {
  private readonly known = new LRUCache<string, string>({ max: MAX_REMEMBERED });

  /** `key`: the secret of all balancers that share the clients. */
  constructor(private readonly key: string) {}

  /** The value that leads to a backend of a pool: HMAC-SHA-256 (RFC 2104), cut. */
  of(pool: string, backendId: string): string {
    // No name of a pool has a space.
    const name = `${pool} ${backendId}`;
    let token = this.known.get(name);
    if (token === undefined) {
      token = createHmac('sha256', this.key).update(name).digest('base64url').slice(0, TOKEN_LENGTH);
      this.known.set(name, token);
    }
    return token;
  }
}
