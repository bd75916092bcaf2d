// The hash by which tokens and secrets are kept and compared.
import { createHash } from 'node:crypto';

/** The SHA-256 digest of a token or a secret. Both are long and random, so that no slower hash is needed. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
