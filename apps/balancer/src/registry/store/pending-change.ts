// A change of the fleet on its way to the store, and what becomes of it.
import { declaredBy, type Backend } from '../backend.js';
import type { KnownRecord } from './known-records.js';
import type { Conflict, NewRecord, StoredRecord } from './registry-store.js';

/** What became of a change. */
export type Settlement =
  | { readonly kind: 'stored' }
  /** The store is away: the change is written when it is back. */
  | { readonly kind: 'kept' }
  /** Another balancer has changed the backend meanwhile: the change is dropped. */
  | Conflict
  /** The record is of a newer version of this program: the change is dropped. */
  | { readonly kind: 'newer-format' };

/** What has to be written of a backend: its newest record, or the removal of an incarnation. */
export type WantedChange =
  { readonly record: NewRecord } | { readonly removal: { readonly reason: string; readonly incarnation: string } };

/** Who decides what a store that is shared leads to. */
export interface SharedStoreHandler {
  /**
   * Another balancer has changed a backend: learn what the store has of it now. `kept` is a change that was made
   * while the store was away, so that no caller waits for it: it is dropped unless it is made again here.
   */
  readonly onConflict: (id: string, conflict: Conflict, kept: WantedChange | undefined) => void;
  /** A record of this balancer was stored. The stream may have brought an older change since it was sent. */
  readonly onStored: (record: StoredRecord) => void;
  /** The record of a backend was removed for this balancer, likewise. */
  readonly onRemoved: (id: string) => void;
  /** The store has failed. Nothing is written from here on, until {@link PendingChanges.resume}. */
  readonly onFailure: (error: unknown) => void;
}

/** Keeps changes over the end of the process. */
export interface ChangeJournal {
  readonly keep: (id: string, wanted: WantedChange, base: ChangeBase) => void;
  readonly drop: (id: string) => void;
}

/** What a change was made on. */
export interface ChangeBase {
  /** What was stored of the backend; undefined: nothing. */
  readonly known: KnownRecord | undefined;
  /** In which life of the store. */
  readonly epoch: string;
}

/** Whether a store that belongs to this balancer can be written. */
export interface OwnStoreState {
  readonly state: 'current' | 'away';
  readonly since: Date;
  /** What is wrong; undefined: nothing. */
  readonly reason: string | undefined;
}

/** A change that is not stored. */
export interface Pending {
  wanted: WantedChange;
  base: ChangeBase;
  isBeingWritten: boolean;
  /** Whether its callers were told that it is kept. */
  isKept: boolean;
  /** The newest change of another balancer that was seen since this one is pending. */
  overtakenBy: number;
  /** Whether one was seen since {@link wanted} was made. */
  isOvertaken: boolean;
  settled: PromiseWithResolvers<Settlement>;
}

/** A change that was just made. */
export function newPending(wanted: WantedChange, base: ChangeBase): Pending {
  return {
    wanted,
    base,
    isBeingWritten: false,
    isKept: false,
    overtakenBy: 0,
    isOvertaken: false,
    settled: Promise.withResolvers(),
  };
}

/** The record of a backend as it is now. `changedBy` is the id of this balancer. */
export function newRecordOf(backend: Backend, incarnation: string, changedBy: string): NewRecord {
  const { draining, registeredAt } = backend;
  const drainSeconds = Number.isFinite(draining?.withinSeconds) ? draining?.withinSeconds : undefined;
  return {
    backend: { ...declaredBy(backend), isPaused: draining?.purpose === 'pause', drainSeconds, registeredAt },
    incarnation,
    isLeaving: draining?.purpose === 'leave',
    changedBy,
  };
}
