// Writes the registry's changes to its store. What cannot be written is kept until the store can be written again: no
// registration is lost, and none waits for a store that is away.
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Backend } from '../backend.js';
import type { ChangeResult, Conflict, NewRecord, RegistryStore, StoredRecord } from './registry-store.js';

/** What became of a change. */
export type Settlement =
  | { readonly kind: 'stored' }
  /** The store is away: the change is written when it is back. */
  | { readonly kind: 'kept' }
  /** Another balancer has changed the backend meanwhile: the change is dropped. */
  | Conflict
  /** The record is of a newer version of this program: the change is dropped. */
  | { readonly kind: 'newer-format' };

/** Another balancer has changed a backend, so that a change of this one was dropped. */
export type ConflictHandler = (id: string, conflict: Conflict) => void;

/** What has to be written of a backend: its newest record, or its removal. */
type Wanted = { readonly record: NewRecord } | { readonly removal: string };

interface Pending {
  wanted: Wanted;
  isBeingWritten: boolean;
  settled: PromiseWithResolvers<Settlement>;
}

const STORED: Settlement = { kind: 'stored' };
const KEPT: Settlement = { kind: 'kept' };

export class PendingChanges {
  /** Handles conflicts of a shared store. In one that belongs to this balancer, the newest change wins. */
  onConflict: ConflictHandler | undefined;

  private readonly logger = new Logger('Registry');
  private readonly pending = new Map<string, Pending>();
  /** The stored version of each backend. */
  private readonly versions = new Map<string, number>();
  private readonly incarnations = new Map<string, string>();
  private isAway = false;
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
    for (const record of records) this.learn(record);
  }

  /** The store has this record, as another balancer wrote it. */
  learn({ backend, version, incarnation }: StoredRecord): void {
    this.versions.set(backend.id, version);
    this.incarnations.set(backend.id, incarnation);
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
    if (backend.source === undefined) this.change(backend.id, { record: this.recordOf(backend) });
  }

  /** Removes a backend. Never throws. */
  remove(id: string, reason: string): void {
    if (!this.incarnations.delete(id)) return;
    const pending = this.pending.get(id);
    if (this.versions.has(id) || pending?.isBeingWritten) this.change(id, { removal: reason });
    else if (pending) this.settle(id, pending, STORED);
  }

  /**
   * Resolves when the last change of a backend is stored or dropped, and at once while the store is away. Never rejects.
   */
  async whenSettled(id: string): Promise<Settlement> {
    const pending = this.pending.get(id);
    if (!pending) return STORED;
    return this.isAway ? KEPT : pending.settled.promise;
  }

  /** Accepts no more changes. Resolves when those that are being written are settled. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    const inProgress = [...this.pending.values()].filter(({ isBeingWritten }) => isBeingWritten);
    await Promise.all(inProgress.map(({ settled }) => settled.promise));
  }

  private recordOf(backend: Backend): NewRecord {
    const { id, url, pool, capacity, pingPath, leaseSeconds, labels, maxInFlight, registeredFrom, secretHash } =
      backend;
    const facts = { id, url, pool, capacity, pingPath, leaseSeconds, labels, maxInFlight, registeredFrom, secretHash };
    const { draining, registeredAt } = backend;
    return {
      backend: { ...facts, isPaused: draining?.purpose === 'pause', registeredAt },
      incarnation: this.incarnationOf(id),
      isLeaving: draining?.purpose === 'leave',
      changedBy: this.changedBy,
    };
  }

  private incarnationOf(id: string): string {
    const incarnation = this.incarnations.get(id) ?? randomUUID();
    this.incarnations.set(id, incarnation);
    return incarnation;
  }

  private change(id: string, wanted: Wanted): void {
    if (this.isClosed) return;
    const pending = this.pending.get(id) ?? { wanted, isBeingWritten: false, settled: Promise.withResolvers() };
    pending.wanted = wanted;
    this.pending.set(id, pending);
    // A disk may have recovered since; a server that is away would make its callers wait.
    if (!this.isAway || !this.store.isShared) void this.write(id, pending);
  }

  /** Writes one change, and what follows it. Returns false where the store is away. */
  private async write(id: string, pending: Pending): Promise<boolean> {
    if (pending.isBeingWritten) return true;
    pending.isBeingWritten = true;
    try {
      for (;;) {
        const { wanted } = pending;
        const settlement = this.settlementOf(id, wanted, await this.send(id, wanted));
        if (settlement && pending.wanted === wanted) {
          this.settle(id, pending, settlement);
          break;
        }
      }
    } catch (error) {
      pending.isBeingWritten = false;
      this.onError(error);
      return false;
    }
    if (this.isAway) void this.retry();
    return true;
  }

  private async send(id: string, wanted: Wanted): Promise<ChangeResult> {
    const version = this.versions.get(id) ?? 0;
    if ('record' in wanted) return this.store.put(wanted.record, version);
    return version === 0 ? { kind: 'stored', version } : this.store.remove(id, version, wanted.removal);
  }

  /** Notes what the store has now. Returns undefined where the change has to be made again. */
  private settlementOf(id: string, wanted: Wanted, result: ChangeResult): Settlement | undefined {
    if (result.kind === 'stored') {
      if ('record' in wanted) this.versions.set(id, result.version);
      else this.versions.delete(id);
      return STORED;
    }
    if (result.kind === 'newer-format') {
      this.logger.warn(
        `backend ${id} is not changed in ${this.store.name}: a newer version of Fairlead wrote it there`,
      );
      return result;
    }
    if (result.version === 0) this.versions.delete(id);
    else this.versions.set(id, result.version);
    if (!this.store.isShared) return 'removal' in wanted && result.version === 0 ? STORED : undefined;
    this.onConflict?.(id, result);
    return result;
  }

  private settle(id: string, pending: Pending, settlement: Settlement): void {
    this.pending.delete(id);
    pending.settled.resolve(settlement);
  }

  private onError(error: unknown): void {
    for (const pending of this.pending.values()) keep(pending);
    if (this.isClosed) return;
    if (!this.isAway) this.logger.warn(error instanceof Error ? error.message : String(error));
    this.isAway = true;
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
      this.logger.log(`${this.store.name} can be written again; the pending changes were written`);
    } catch (error) {
      this.onError(error);
    } finally {
      this.isRetrying = false;
    }
  }
}

/** Releases the callers that wait for a change: it is kept, and written later. */
function keep(pending: Pending): void {
  pending.settled.resolve(KEPT);
  pending.settled = Promise.withResolvers();
}
