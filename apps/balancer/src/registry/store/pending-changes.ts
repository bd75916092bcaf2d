// Writes the registry's changes to its store. What cannot be written is kept until the store can be written again: no
// registration is lost, and none waits for a store that is away.
import { Logger } from '@nestjs/common';
import type { Backend } from '../backend.js';
import { KnownRecords } from './known-records.js';
import {
  newPending,
  newRecordOf,
  type ChangeBase,
  type ChangeJournal,
  type OwnStoreState,
  type Pending,
  type Settlement,
  type SharedStoreHandler,
  type WantedChange,
} from './pending-change.js';
import { StoreEmptiedError, type ChangeResult, type RegistryStore, type StoredRecord } from './registry-store.js';

const STORED: Settlement = { kind: 'stored' };
const KEPT: Settlement = { kind: 'kept' };
const OVERTAKEN: Settlement = { kind: 'conflict', version: 0, present: undefined };

export class PendingChanges {
  /** Undefined: the store belongs to this balancer alone, and its newest change wins. */
  handler: SharedStoreHandler | undefined;
  journal: ChangeJournal | undefined;
  /** Whether the store could not be written when it was tried last. */
  isAway = false;
  /** Where there is no {@link handler}, which knows it otherwise. */
  ownState: OwnStoreState = { state: 'current', since: new Date(), reason: undefined };
  /** The version of the last change that this balancer has stored. */
  lastVersion = 0;
  /** Which life of the store is known. */
  epoch = '';
  /** What the store has. */
  readonly known = new KnownRecords();

  private readonly logger = new Logger('Registry');
  private readonly pending = new Map<string, Pending>();
  private isRetrying = false;
  private isClosed = false;
  private retryTimer: NodeJS.Timeout | undefined;

  /** `records` are in the store already. */
  constructor(
    private readonly store: RegistryStore,
    records: readonly StoredRecord[],
    /** The id of this balancer. */
    private readonly changedBy: string,
  ) {
    for (const record of records) this.known.learn(record);
  }

  /** How many backends have changes that are not stored. */
  get size(): number {
    return this.pending.size;
  }

  /** The ids of those backends. */
  ids(): Iterable<string> {
    return this.pending.keys();
  }

  /** The change of a backend that is not stored. */
  find(id: string): Readonly<Pending> | undefined {
    return this.pending.get(id);
  }

  /** Takes over a change that an earlier process has kept. */
  adopt(id: string, wanted: WantedChange, base: ChangeBase): void {
    this.pending.set(id, { ...newPending(wanted, base), isKept: true });
  }

  /** Another balancer has stored this record. Returns whether it is news. */
  learn(record: StoredRecord): boolean {
    this.overtake(record.backend.id, record.version);
    return this.known.learn(record);
  }

  /** Another balancer has removed the record of a backend. Returns whether that is news. */
  unlearn(id: string, version: number): boolean {
    this.overtake(id, version);
    if (version < this.known.versionOf(id)) return false;
    this.known.forget(id);
    this.known.endIncarnation(id);
    return true;
  }

  /** Checks that the store can be written, and tries again later where it cannot. Never rejects. */
  async check(): Promise<void> {
    try {
      await this.store.check();
    } catch (error) {
      this.onError(error);
    }
  }

  /** Stores a backend as it is now, if it registered. Never throws. */
  save(backend: Backend): void {
    if (backend.source !== undefined) return;
    const incarnation = this.known.incarnationOf(backend.id);
    this.change(backend.id, { record: newRecordOf(backend, incarnation, this.changedBy) });
  }

  /** The backend comes back after it has left: it is another incarnation of it. */
  startIncarnation(id: string): void {
    this.known.startIncarnation(id);
  }

  /** Removes a backend. Never throws. */
  remove(id: string, reason: string): void {
    const incarnation = this.known.findIncarnation(id);
    if (incarnation === undefined) return;
    this.known.endIncarnation(id);
    const pending = this.pending.get(id);
    const isStored = this.known.versionOf(id) > 0;
    // Another balancer may know of it from a store that is away now.
    if (isStored || pending?.isBeingWritten || this.isAway) this.change(id, { removal: { reason, incarnation } });
    else if (pending) this.settle(id, pending, STORED);
  }

  /** Drops the change of a backend. */
  drop(id: string): void {
    const pending = this.pending.get(id);
    if (pending) this.settle(id, pending, STORED);
  }

  /**
   * Resolves when the last change of a backend is stored or dropped, and at once while the store is away. Never rejects.
   */
  async whenSettled(id: string): Promise<Settlement> {
    const pending = this.pending.get(id);
    if (!pending) return STORED;
    return this.isAway ? KEPT : pending.settled.promise;
  }

  /** The store is away: all changes are kept until {@link resume}. */
  suspend(): void {
    this.isAway = true;
    for (const [id, pending] of this.pending) this.keep(id, pending);
  }

  /** The store is back: writes all that is pending. */
  resume(): void {
    this.isAway = false;
    for (const [id, pending] of this.pending) void this.write(id, pending);
  }

  /** Accepts no more changes. Resolves when those that are being written are settled. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    const inProgress = [...this.pending.values()].filter(({ isBeingWritten }) => isBeingWritten);
    await Promise.all(inProgress.map(({ settled }) => settled.promise));
  }

  private change(id: string, wanted: WantedChange): void {
    if (this.isClosed) return;
    const pending = this.pending.get(id) ?? newPending(wanted, { known: this.known.find(id), epoch: this.epoch });
    pending.wanted = wanted;
    pending.isOvertaken = false;
    this.pending.set(id, pending);
    // A disk may have recovered since; a server that is away would make its callers wait.
    if (!this.isAway || !this.store.isShared) void this.write(id, pending);
    else this.keep(id, pending);
  }

  /** Writes one change, and what follows it. Returns false where the store is away. */
  private async write(id: string, pending: Pending): Promise<boolean> {
    if (pending.isBeingWritten) return true;
    pending.isBeingWritten = true;
    try {
      for (;;) {
        const { wanted } = pending;
        const settlement = this.settlementOf(id, wanted, await this.send(id, wanted));
        if (this.pending.get(id) !== pending) break;
        // A conflict is the result for all callers that wait, of a newer change too. A change that was kept has none.
        if (settlement && (pending.wanted === wanted || (settlement.kind === 'conflict' && !pending.isKept))) {
          this.settle(id, pending, settlement);
          break;
        }
        // What is wanted now was made before another balancer's change came: its caller has to make it on top of that.
        if (pending.isOvertaken && !pending.isKept) {
          this.settle(id, pending, OVERTAKEN);
          break;
        }
      }
    } catch (error) {
      pending.isBeingWritten = false;
      this.onError(error);
      return false;
    }
    if (this.isAway && !this.handler) void this.retry();
    return true;
  }

  private async send(id: string, wanted: WantedChange): Promise<ChangeResult> {
    const version = this.known.versionOf(id);
    if ('record' in wanted) return this.store.put(wanted.record, version);
    return version === 0 ? { kind: 'stored', version } : this.store.remove(id, version, wanted.removal.reason);
  }

  /** Notes what the store has now. Returns undefined where the change has to be made again. */
  private settlementOf(id: string, wanted: WantedChange, result: ChangeResult): Settlement | undefined {
    const pending = this.pending.get(id);
    if (result.kind === 'stored') {
      this.lastVersion = Math.max(this.lastVersion, result.version);
      this.known.note(id, result.version);
      if (result.version < (pending?.overtakenBy ?? 0)) return STORED;
      if ('record' in wanted) this.known.advance(id, result.version, wanted.record.incarnation);
      else this.known.forget(id);
      if (pending?.wanted === wanted) this.report(id, wanted, result.version);
      if (pending) pending.base = { known: this.known.find(id), epoch: this.epoch };
      return STORED;
    }
    if (result.kind === 'newer-format') {
      this.logger.warn(
        `backend ${id} is not changed in ${this.store.name}: a newer version of Fairlead wrote it there`,
      );
      return result;
    }
    if (this.handler) {
      // What is known already is newer than what this result says, and a newer change may have been made on that.
      if (pending && result.version < pending.overtakenBy) {
        const isMadeAgain = pending.wanted !== wanted && !pending.isOvertaken;
        return pending.isKept || isMadeAgain ? undefined : OVERTAKEN;
      }
      this.handler.onConflict(id, result, pending?.isKept ? pending.wanted : undefined);
      return result;
    }
    this.known.correct(id, result.version);
    return 'removal' in wanted && result.version === 0 ? STORED : undefined;
  }

  private report(id: string, wanted: WantedChange, version: number): void {
    if ('record' in wanted) this.handler?.onStored({ ...wanted.record, version });
    else this.handler?.onRemoved(id);
  }

  private overtake(id: string, version: number): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    pending.overtakenBy = Math.max(pending.overtakenBy, version);
    pending.isOvertaken = true;
  }

  private settle(id: string, pending: Pending, settlement: Settlement): void {
    this.pending.delete(id);
    if (pending.isKept) this.journal?.drop(id);
    pending.settled.resolve(settlement);
  }

  /** Releases the callers that wait for a change: it is kept, and written later. */
  private keep(id: string, pending: Pending): void {
    pending.isKept = true;
    pending.settled.resolve(KEPT);
    pending.settled = Promise.withResolvers();
    this.journal?.keep(id, pending.wanted, pending.base);
  }

  private onError(error: unknown): void {
    if (this.isClosed) {
      for (const [id, pending] of this.pending) this.keep(id, pending);
      return;
    }
    const wasAway = this.isAway;
    // One that was emptied is there: what is pending is written when it was read.
    if (!this.handler || !(error instanceof StoreEmptiedError)) this.suspend();
    if (this.handler) {
      this.handler.onFailure(error);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    if (!wasAway) this.logger.warn(reason);
    this.ownState = { state: 'away', since: wasAway ? this.ownState.since : new Date(), reason };
    this.retryTimer ??= setTimeout(() => void this.retry(), this.store.retryAfterMs).unref();
  }

  /** Writes all that is pending, if the store is back. */
  private async retry(): Promise<void> {
    if (this.isRetrying || this.isClosed) return;
    this.isRetrying = true;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    try {
      if (this.pending.size === 0) await this.store.check();
      for (const [id, pending] of this.pending) if (!(await this.write(id, pending))) return;
      this.isAway = false;
      this.ownState = { state: 'current', since: new Date(), reason: undefined };
      this.logger.log(`${this.store.name} can be written again; the pending changes were written`);
    } catch (error) {
      this.onError(error);
    } finally {
      this.isRetrying = false;
    }
  }
}
