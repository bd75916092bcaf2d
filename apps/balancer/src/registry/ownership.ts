// Who may change a backend: the caller that registered it, which proves that by the secret it got, and operators.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { digestOf } from '@fairlead/tokens';
import { bareHost } from '../net/address.js';
import type { Backend, BackendSpec } from './backend.js';
import { NotOwnerError, NotRegisteredError, TakenError } from './registry.errors.js';

/** What a caller says and proves of the backends that it wants to change. */
export interface Claimant {
  readonly address: string;
  /** The secret that it sent. */
  readonly secret: string | undefined;
  /** Whether it may change every backend. */
  readonly isOperator: boolean;
  /** Whether its token is bound to a pattern that `id` matches. */
  readonly isBoundTo: (id: string) => boolean;
  /** Whether it is given a secret when it registers. Callers of the original protocol cannot keep one. */
  readonly takesSecret: boolean;
}

/** Random bytes of a secret. */
const SECRET_BYTES = 32;

/** A registration with its owner. */
export interface OwnedSpec {
  readonly owned: BackendSpec;
  /** Of which the registry keeps the hash. Undefined: the owner has one, or takes none. */
  readonly secret: string | undefined;
}

/**
 * Checks that a caller may do with a backend what the role `role` allows with every one: it has the secret. Where there is
 * no secret, the address that registered the backend owns it.
 *
 * @throws {NotOwnerError}
 */
export function requireOwner(backend: Backend, claimant: Claimant, role = 'operate'): void {
  if (claimant.isOperator) return;
  const { id, secretHash } = backend;
  const owns = secretHash === undefined ? isAtItsAddress(backend, claimant) : hasSecret(backend, claimant);
  if (!owns) throw new NotOwnerError(id, secretHash !== undefined, role);
}

/**
 * Checks that a backend registered, so that callers may renew, replace and remove it.
 *
 * @throws {NotRegisteredError}
 */
export function requireRegistered({ id, source = 'registered' }: Backend): void {
  if (source !== 'registered') throw new NotRegisteredError(id, source);
}

/**
 * Checks that a caller may register as a backend that is there already. Its secret may be lost by a restart, so the
 * address that registered it is enough, and so is a token that is bound to its id.
 *
 * @throws {TakenError}
 */
export function requireClaim(backend: Backend, claimant: Claimant): void {
  if (!claimant.isOperator && !mayTakeOver(backend, claimant)) throw new TakenError(backend.id);
}

/**
 * Says who owns a backend once it has registered: its caller, which gets a secret unless it has sent the present one. An
 * operator who changes a backend of another caller does not take it over: that one still has to renew it.
 */
export function withOwner(spec: BackendSpec, known: Backend | undefined, claimant: Claimant): OwnedSpec {
  if (known && !mayTakeOver(known, claimant)) {
    const { registeredFrom, secretHash } = known;
    return { owned: { ...spec, registeredFrom, secretHash }, secret: undefined };
  }
  if (!claimant.takesSecret) return { owned: { ...spec, secretHash: undefined }, secret: undefined };
  if (known && hasSecret(known, claimant)) {
    return { owned: { ...spec, secretHash: known.secretHash }, secret: undefined };
  }
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { owned: { ...spec, secretHash: hashOf(secret) }, secret };
}

function mayTakeOver(backend: Backend, claimant: Claimant): boolean {
  return claimant.isBoundTo(backend.id) || isAtItsAddress(backend, claimant) || hasSecret(backend, claimant);
}

function hasSecret({ secretHash }: Backend, { secret }: Claimant): boolean {
  if (secretHash === undefined || secret === undefined) return false;
  return timingSafeEqual(Buffer.from(secretHash), Buffer.from(hashOf(secret)));
}

function isAtItsAddress({ registeredFrom, url }: Backend, { address }: Claimant): boolean {
  // Files of early versions do not say which address registered a backend.
  return (registeredFrom ?? bareHost(new URL(url).hostname)) === address;
}

/** The hash of a secret as the registry file holds it. */
function hashOf(secret: string): string {
  return digestOf(secret).toString('hex');
}
