// The port of the registry's store: what every keeper of the fleet can do, whether it is shared by several balancers or
// belongs to one.
import type { StoredBackend } from '../backend.js';
import type { KeptKeys } from './kept-keys.js';
import type { StoredShare } from './shares.js';

/** A backend that is to be stored. */
export interface NewRecord {
  readonly backend: StoredBackend;
  /** Random for each first registration: of a new backend, and of one that comes back after it has left. */
  readonly incarnation: string;
  /** Whether it is being drained on its way out. */
  readonly isLeaving: boolean;
  /** The id of the balancer that made this change. */
  readonly changedBy: string;
}

/** A backend as it is stored. */
export interface StoredRecord extends NewRecord {
  /** Grows with each change of the backend, also over its removal and a new registration. The first is at least 1. */
  readonly version: number;
}

/** Why a stored record cannot be used. None of these is deleted. */
export type RecordProblem =
  /** A newer version of this program wrote it: it is not changed either. */
  | 'newer-format'
  /** It is no record. */
  | 'corrupt'
  /** It is a record, but does not fit this fleet: its resources are others. */
  | 'unfit';

/** A stored record that this balancer cannot use. */
export interface UnusableRecord {
  readonly id: string;
  readonly problem: RecordProblem;
  /** What is wrong with it, for people. */
  readonly reason: string;
  /** Whether it was moved out of the way, so that its backend may be stored again. */
  readonly isAside?: boolean;
}

/** Everything that is stored. */
export interface StoreContents {
  /** In the order of registration. */
  readonly records: readonly StoredRecord[];
  readonly unusable: readonly UnusableRecord[];
  /** The secrets of the fleet. */
  readonly keys: KeptKeys;
  /** Which life of the store this is: another one after all was lost. */
  readonly epoch: string;
  /** The newest version in the store; what a balancer knows of a later one was lost. */
  readonly lastVersion: number;
  /** Where {@link RegistryStore.follow} has to begin to miss no change. */
  readonly position: Position;
}

/** A place in the sequence of changes. */
export type Position = string;

/** A change was stored. */
export interface Stored {
  readonly kind: 'stored';
  /** That of the record, or of its removal. */
  readonly version: number;
}

/** Nothing was changed, because the stored version is not the expected one. */
export interface Conflict {
  readonly kind: 'conflict';
  /** The stored version; 0: there is no record. */
  readonly version: number;
  /** The stored record; undefined without one, or where this balancer cannot use it. */
  readonly present: StoredRecord | undefined;
}

/** Nothing was changed, because a newer version of this program wrote the record. */
export interface KeptForNewer {
  readonly kind: 'newer-format';
}

/** The result of a change. */
export type ChangeResult = Stored | Conflict | KeptForNewer;

/** A lease to renew. */
export interface Renewal {
  readonly id: string;
  readonly incarnation: string;
  readonly leaseSeconds: number;
}

/** The leases of a store, as far as self-preservation judges them. */
export interface LapsedLeases {
  /** The backends whose lease has lapsed. */
  readonly ids: readonly string[];
  /** How many leases there are, those included. */
  readonly leased: number;
}

/** A change that another balancer made. */
export type StoreChange =
  | { readonly kind: 'stored'; readonly record: StoredRecord }
  | { readonly kind: 'removed'; readonly id: string; readonly version: number; readonly reason: string }
  | { readonly kind: 'unusable'; readonly record: UnusableRecord };

/** Receives the changes of other balancers, in the order of the store. */
export interface StoreFollower {
  readonly changed: (change: StoreChange) => void;
  /**
   * All changes up to `version`, and all that were stored at `atMs`, a time of `performance.now()`, have been passed to
   * {@link changed}. Called several times a second. It is the time at which the store was asked: a process that was suspended may see an old response.
   */
  readonly confirmed: (atMs: number, version: number) => void;
  /** Changes are missing: read everything, and follow from there. This subscription is over. */
  readonly gap: (reason: string) => void;
  /** The store does not respond: read everything when it does, and follow from there. This subscription is over. */
  readonly failed: (error: StoreError) => void;
}

/** Ends with {@link Subscription.close}, after which the follower is not called again. */
export interface Subscription {
  readonly close: () => void;
}

/** Something is wrong with a store; the message is a sentence for operators. */
export abstract class StoreError extends Error {}

/** The store cannot be read or written for now. What was asked of it may be asked again. */
export class StoreUnavailableError extends StoreError {}

/** All that was stored is gone: read, which begins it again, and store everything again. */
export class StoreEmptiedError extends StoreUnavailableError {}

/** The store cannot be used as it is configured: an operator has to change something. */
export class StoreUnusableError extends StoreError {}

/**
 * Keeps the registry. Every method that returns a promise rejects with a {@link StoreError}, within a second or two, when the
 * store fails. Also the token by which Nest injects it.
 */
export abstract class RegistryStore {
  /** How the log names it. */
  abstract readonly name: string;
  /** Whether several balancers use it at a time. */
  abstract readonly isShared: boolean;
  /** After how many milliseconds to try again what failed. */
  abstract readonly retryAfterMs: number;

  /** Reads everything: at start, after a gap, and now and then. */
  abstract read(): Promise<StoreContents>;

  /** Checks that it can be used now. */
  abstract check(): Promise<void>;

  /** Replaces the record with the version `expected`; 0: there must be none. Restarts its lease. */
  abstract put(record: NewRecord, expected: number): Promise<ChangeResult>;

  /** Removes the record with the version `expected`. */
  abstract remove(id: string, expected: number, reason: string): Promise<ChangeResult>;

  /** Renews leases, by the clock of the store. Returns the ids of those that are not there in this incarnation. */
  abstract renew(leases: readonly Renewal[]): Promise<readonly string[]>;

  /**
   * Returns the leases that have lapsed by the clock of the store. Call it every second: after a pause of
   * several seconds every lease restarts, because backends could not renew either.
   */
  abstract lapsed(): Promise<LapsedLeases>;

  /** Removes those of these records whose lease has lapsed still, and returns their ids. */
  abstract removeLapsed(ids: readonly string[]): Promise<readonly string[]>;

  /** Passes on the changes since `position` that others make. A store that is not shared never does. */
  abstract follow(position: Position, follower: StoreFollower): Subscription;

  /** Keeps what a balancer has learned, in place of its last share. */
  abstract writeShare(balancer: string, text: string): Promise<void>;

  /** The shares of all balancers, this one included, that are not too old; the newest first. */
  abstract readShares(): Promise<readonly StoredShare[]>;

  /** Ends all use of it. */
  abstract close(): Promise<void>;
}
