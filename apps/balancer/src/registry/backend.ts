// A backend as the registry keeps it. Only the registry changes it; other parts see the readonly `Backend`.
import { isDeepStrictEqual } from 'node:util';
import type { BackendSource, BackendState } from '@fairlead/contracts';
import { JOINING, hash32, type BackendHealth, type ResourceVector } from '@fairlead/scheduling';
import { wordsOf } from './backend-source.js';

/** What a backend declared when it registered, validated and completed. */
export interface BackendSpec {
  readonly id: string;
  /** Origin and optional path prefix, without a trailing slash. */
  readonly url: string;
  /** The pool whose requests it serves. */
  readonly pool: string;
  /** Units per second, in the fleet's order. Undefined: it declared nothing, and a snapshot has a stand-in. */
  readonly capacity: ResourceVector | undefined;
  readonly pingPath: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Limit of concurrent exchanges; undefined: derived from its capacity. */
  readonly maxInFlight: number | undefined;
  /** The address that registered it. Undefined: an earlier version did not save it. */
  readonly registeredFrom?: string | undefined;
  /** SHA-256 of the secret that its owner got, in hexadecimal digits. Undefined: that address owns it. */
  readonly secretHash?: string | undefined;
  /** Undefined: it registered. */
  readonly source?: BackendSource | undefined;
}

/** What the registry file keeps of a backend. Its health is not kept: it is probed again. */
export interface StoredBackend extends BackendSpec {
  /** Whether an operator paused it. */
  readonly isPaused: boolean;
  /** While it drains: how long its exchanges have to end, from the moment at which a balancer hears of it. */
  readonly drainSeconds?: number | undefined;
  readonly registeredAt: Date;
}

/** Why a backend is being drained: to pause it, or on its way out. */
export type DrainPurpose = 'pause' | 'leave';

/** A drain in progress or complete. */
export interface Drain {
  readonly purpose: DrainPurpose;
  readonly completedAt: Date | undefined;
  /** How long exchanges in flight had to end when it began; infinite: without an end. */
  readonly withinSeconds: number;
  /**
   * Monotonic time at which exchanges still in flight are ended, seconds; infinite once they were, or without an end.
   */
  readonly disconnectsAt: number;
}

/** A member of the fleet. */
export interface Backend extends BackendSpec {
  /** Its row in the load table. */
  readonly slot: number;
  /** Hash of its id, for policies that hash. */
  readonly key: number;
  readonly health: BackendHealth;
  /** Grows with each restart: the outcome of a request to an earlier incarnation does not count. */
  readonly incarnation: number;
  /** Monotonic time at which its slow start began, seconds. */
  readonly startedAt: number;
  /** Ejections in a row. */
  readonly ejections: number;
  /** Monotonic time at which the present or last ejection ends, seconds. */
  readonly ejectedUntil: number;
  readonly draining: Drain | undefined;
  readonly registeredAt: Date;
  /** When it came into its present state. */
  readonly since: Date;
  /** Why, for people. */
  readonly reason: string;
  /** The same for readers without the token. */
  readonly publicReason: string;
  /**
   * Monotonic time at which the lease lapses, seconds; infinite without a lease, and where another balancer renews it.
   */
  readonly leaseEndsAt: number;
}

/** The mutable form of a backend; for the registry only. */
export type BackendRecord = { -readonly [Key in keyof Backend]: Backend[Key] };

/** A backend's state: draining takes precedence over its health. */
export function stateOf(backend: Backend): BackendState {
  return backend.draining ? 'draining' : backend.health.state;
}

/** The facts of a registration that an operator would want to know of when they change. */
const FACTS = [
  'url',
  'pool',
  'capacity',
  'pingPath',
  'leaseSeconds',
  'maxInFlight',
  'labels',
  'registeredFrom',
  'source',
] as const;

/** The facts in which two registrations differ. */
export function changedFacts(before: BackendSpec, after: BackendSpec): string[] {
  return FACTS.filter((fact) => !isDeepStrictEqual(before[fact], after[fact]));
}

/** A backend that has just registered; `now` is monotonic, in seconds. */
export function newBackend(spec: BackendSpec, slot: number, now: number): BackendRecord {
  const registeredAt = new Date();
  return {
    ...spec,
    slot,
    key: hash32(spec.id),
    health: JOINING,
    incarnation: 0,
    startedAt: now,
    ejections: 0,
    ejectedUntil: -Infinity,
    draining: undefined,
    registeredAt,
    since: registeredAt,
    reason: wordsOf(spec).added,
    publicReason: wordsOf(spec).added,
    leaseEndsAt: leaseEnd(spec, now),
  };
}

/** A backend from the registry file. It gets a full lease, since it could not renew while no balancer ran. */
export function restoredBackend(stored: StoredBackend, slot: number, now: number): BackendRecord {
  const { isPaused, registeredAt } = stored;
  const backend = newBackend(declaredBy(stored), slot, now);
  backend.registeredAt = registeredAt;
  backend.reason = 'restored from the registry file; pinged before it counts as up';
  backend.publicReason = backend.reason;
  if (isPaused) {
    backend.draining = {
      purpose: 'pause',
      completedAt: undefined,
      withinSeconds: Infinity,
      disconnectsAt: Infinity,
    };
  }
  return backend;
}

/** What a backend declared, and nothing else that is known of it. */
export function declaredBy(backend: BackendSpec): BackendSpec {
  const { id, url, pool, capacity, pingPath, leaseSeconds, labels, maxInFlight, registeredFrom, secretHash } = backend;
  return { id, url, pool, capacity, pingPath, leaseSeconds, labels, maxInFlight, registeredFrom, secretHash };
}

/** When a lease that is granted or renewed at `now` lapses; monotonic seconds. */
export function leaseEnd({ leaseSeconds }: BackendSpec, now: number): number {
  return leaseSeconds === undefined ? Infinity : now + leaseSeconds;
}

/** Starts a new incarnation: slow start begins at `now` (monotonic seconds), and earlier exchanges no longer count. */
export function restart(backend: BackendRecord, now: number): void {
  backend.incarnation++;
  backend.startedAt = now;
}

/** The backend that a registration added or updated. */
export interface Registered {
  readonly backend: Backend;
  readonly isNew: boolean;
  /** For the caller, if it has become the owner; the registry keeps only its hash. */
  readonly secret: string | undefined;
}
