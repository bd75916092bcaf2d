// What holds where this balancer and the store say different things of a backend: after the store was away, and when all of
// it is read again.
import { incarnationStartedAt, type KnownRecord } from '../registry/store/known-records.js';
import type { WantedChange } from '../registry/store/pending-change.js';
import type { NewRecord, StoredRecord } from '../registry/store/registry-store.js';

/** What is known of a backend. */
export interface Sides {
  /** What the store has now. */
  readonly stored: StoredRecord | undefined;
  /** What this balancer has changed and could not store. */
  readonly wanted: WantedChange | undefined;
  /** What the store had before, as far as this balancer knew. */
  readonly known: KnownRecord | undefined;
  /**
   * What became of {@link known}: it is in the store or was changed there; the store was emptied; or it has gone back to a
   * time before that.
   */
  readonly loss: 'none' | 'emptied' | 'rolled-back';
}

/** What to do about it. */
export type Reconciliation =
  /** The store is right, also where it has nothing. */
  | { readonly kind: 'take' }
  /** What this balancer has is right: a change that is wanted, or the member as it is. */
  | { readonly kind: 'push' }
  /** Both are, in part. */
  | { readonly kind: 'combine'; readonly record: NewRecord };

const TAKE: Reconciliation = { kind: 'take' };
const PUSH: Reconciliation = { kind: 'push' };

/**
 * A newer incarnation beats an older one, a leave beats what else became of its incarnation, an operator's pause beats a
 * registration, and of two registrations the one holds that the balancer with the later id has made.
 */
export function reconcile({ stored, wanted, known, loss }: Sides): Reconciliation {
  if (wanted === undefined) return loss === 'rolled-back' || (loss === 'emptied' && !stored) ? PUSH : TAKE;
  if ('removal' in wanted) return stored?.incarnation === wanted.removal.incarnation ? PUSH : TAKE;
  const { record } = wanted;
  // It was removed with another balancer, unless the store has forgotten it.
  if (!stored) return loss === 'none' && known?.incarnation === record.incarnation ? TAKE : PUSH;
  if (stored.incarnation !== record.incarnation) return ofTwoIncarnations(stored, record);
  if (stored.version === known?.version) return PUSH;
  return { kind: 'combine', record: combined(laterOf(stored, record), stored, record) };
}

/** The newer one holds, and stays paused where an operator has paused either. */
function ofTwoIncarnations(stored: StoredRecord, record: NewRecord): Reconciliation {
  const isNewer = compareIncarnations(record.incarnation, stored.incarnation) > 0;
  const [newer, older] = isNewer ? [record, stored] : [stored, record];
  if (older.backend.isPaused && !newer.backend.isPaused) {
    const { drainSeconds } = older.backend;
    return { kind: 'combine', record: { ...newer, backend: { ...newer.backend, isPaused: true, drainSeconds } } };
  }
  return isNewer ? PUSH : TAKE;
}

/** Of two that began at the same time, which one is newer is all the same, as long as every balancer says so. */
function compareIncarnations(a: string, b: string): number {
  return incarnationStartedAt(a) - incarnationStartedAt(b) || (a < b ? -1 : 1);
}

function combined(winner: NewRecord, stored: StoredRecord, record: NewRecord): NewRecord {
  const isPaused = stored.backend.isPaused || record.backend.isPaused;
  const drainSeconds = winner.backend.drainSeconds ?? stored.backend.drainSeconds ?? record.backend.drainSeconds;
  return {
    ...winner,
    isLeaving: stored.isLeaving || record.isLeaving,
    backend: { ...winner.backend, isPaused, drainSeconds },
  };
}

function laterOf(stored: StoredRecord, record: NewRecord): NewRecord {
  return stored.changedBy > record.changedBy ? stored : record;
}
