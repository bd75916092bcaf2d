// A backend as the registry keeps it. Others see it through the readonly `Backend`; the registry alone changes it.
import type { BackendState } from '@fairlead/contracts';
import { JOINING, hash32, type BackendHealth, type ResourceVector } from '@fairlead/scheduling';

/** What a backend said of itself when it registered, checked and completed. */
export interface BackendSpec {
  readonly id: string;
  /** Origin, and path prefix if any, without a trailing slash. */
  readonly url: string;
  /** Units per second, in the fleet's order. */
  readonly capacity: ResourceVector;
  readonly pingPath: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The most exchanges it wants at a time; undefined: as many as its capacity stands for. */
  readonly maxInFlight: number | undefined;
}

/** A backend as it outlives the process. Its health does not: that is found out anew. */
export interface StoredBackend extends BackendSpec {
  /** Whether an operator had paused it. */
  readonly isPaused: boolean;
  readonly registeredAt: Date;
}

/** Why a backend is being drained: to pause it, or on its way out. */
export type DrainPurpose = 'pause' | 'leave';

/** A drain under way, or done. */
export interface Drain {
  readonly purpose: DrainPurpose;
  readonly completedAt: Date | undefined;
  /** Monotonic time at which what is still in flight is cut, seconds; infinite when it was cut or is never. */
  readonly disconnectsAt: number;
}

/** A member of the fleet. */
export interface Backend extends BackendSpec {
  /** Its row in the load table. */
  readonly slot: number;
  /** Its id, hashed, for policies that hash. */
  readonly key: number;
  readonly health: BackendHealth;
  /** Grows whenever it starts anew: what was sent to an earlier incarnation says nothing about this one. */
  readonly incarnation: number;
  /** Monotonic time since which it has been starting slowly, seconds. */
  readonly startedAt: number;
  /** How often in a row it was ejected, and the monotonic time at which the present or last ejection ends, seconds. */
  readonly ejections: number;
  readonly ejectedUntil: number;
  readonly draining: Drain | undefined;
  readonly registeredAt: Date;
  /** When it came into its present state, and why. */
  readonly since: Date;
  readonly reason: string;
  /** Monotonic time at which the lease lapses, seconds; infinite without a lease. */
  readonly leaseEndsAt: number;
}

/** The registry's own, changeable form of a backend. */
export type BackendRecord = { -readonly [Key in keyof Backend]: Backend[Key] };

/** Where a backend stands in its life: being drained outweighs its health. */
export function stateOf(backend: Backend): BackendState {
  return backend.draining ? 'draining' : backend.health.state;
}

/** A backend that has just registered; `now` is monotonic, in seconds. */
export function newBackend(announcement: BackendSpec, slot: number, now: number): BackendRecord {
  const registeredAt = new Date();
  return {
    ...announcement,
    slot,
    key: hash32(announcement.id),
    health: JOINING,
    incarnation: 0,
    startedAt: now,
    ejections: 0,
    ejectedUntil: -Infinity,
    draining: undefined,
    registeredAt,
    since: registeredAt,
    reason: 'registered',
    leaseEndsAt: leaseEnd(announcement, now),
  };
}

/** A backend that an earlier process knew. Its lease begins anew: it could not be renewed while nobody was there. */
export function restoredBackend({ isPaused, registeredAt, ...announcement }: StoredBackend, slot: number, now: number) {
  const backend = newBackend(announcement, slot, now);
  backend.registeredAt = registeredAt;
  backend.reason = 'restored from the registry file; pinged before it counts as up';
  if (isPaused) backend.draining = { purpose: 'pause', completedAt: undefined, disconnectsAt: Infinity };
  return backend;
}

/** When a lease that begins `now` (monotonic seconds) lapses. */
export function leaseEnd({ leaseSeconds }: BackendSpec, now: number): number {
  return leaseSeconds === undefined ? Infinity : now + leaseSeconds;
}

/**
 * What it did before says nothing about what it will do: its load grows slowly from `now` (monotonic seconds), and its old
 * exchanges count no more.
 */
export function restart(backend: BackendRecord, now: number): void {
  backend.incarnation++;
  backend.startedAt = now;
}
