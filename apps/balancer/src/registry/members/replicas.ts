// The members that other balancers have registered, drained and removed: what the shared store has of them is applied here.
import { Logger } from '@nestjs/common';
import type { BalancerConfig } from '../../config/balancer.config.js';
import type { BackendLifecycle } from '../backend-lifecycle.js';
import { changedFacts, declaredBy, type BackendRecord, type DrainPurpose } from '../backend.js';
import type { Drains } from '../drains.js';
import { FleetFullError } from '../registry.errors.js';
import type { PendingChanges } from '../store/pending-changes.js';
import type { StoredRecord } from '../store/registry-store.js';
import type { Members } from './members.js';
import type { Registrations } from './registrations.js';

/** What replicas need of the registry. */
export interface ReplicasContext {
  readonly members: Members;
  readonly registrations: Registrations;
  readonly lifecycle: BackendLifecycle;
  readonly drains: Drains;
  readonly changes: PendingChanges;
}

export class Replicas {
  private readonly logger = new Logger('Registry');
  /** The records for which the load table had no row. */
  private readonly waiting = new Map<string, StoredRecord>();

  constructor(
    private readonly context: ReplicasContext,
    private readonly config: Pick<BalancerConfig, 'DRAIN_TIMEOUT_SECONDS'>,
  ) {}

  /** Applies all that a new balancer has read, in the order in which it was stored: of two at one address, the later holds. */
  applyAll(records: readonly StoredRecord[]): void {
    const inOrder = records.toSorted((a, b) => a.version - b.version);
    for (const record of inOrder) this.apply(record, `read from the shared registry: ${record.backend.url}`);
  }

  /**
   * Makes a member what the store has of it, unless a later version of it was applied. One that the configuration file names
   * stays as it is. `joins` is why a new one joins.
   */
  apply(record: StoredRecord, joins = `registered with ${record.changedBy}: ${record.backend.url}`): void {
    const { members, registrations, changes } = this.context;
    const { backend: stored, incarnation } = record;
    const before = changes.known.findIncarnation(stored.id);
    if (!changes.learn(record)) return;
    const present = members.index.find(stored.id);
    const atAddress = members.index.atAddress(stored.url, stored.pool);
    if (present?.source !== undefined || atAddress?.source !== undefined) return;
    if (atAddress && atAddress !== present && this.isLater(atAddress.id, record.version)) return;
    const spec = declaredBy(stored);
    const isSame = present && before === incarnation && changedFacts(present, spec).length === 0;
    try {
      const backend = isSame ? present : registrations.addOrUpdate(spec, joins).backend;
      backend.secretHash = stored.secretHash;
      backend.registeredAt = stored.registeredAt;
      // It is renewed with the balancer that wrote the record, or with any other one.
      if (!isSame) backend.leaseEndsAt = Infinity;
      this.drainAs(backend, record);
      this.waiting.delete(stored.id);
    } catch (error) {
      if (!(error instanceof FleetFullError)) throw error;
      if (!this.waiting.has(stored.id)) {
        this.logger.warn(`backend ${stored.id} of ${record.changedBy} is not served here: ${error.message}`);
      }
      this.waiting.set(stored.id, record);
    }
  }

  /** Tries those again for which there was no room. */
  applyWaiting(): void {
    for (const record of this.waiting.values()) {
      if (this.context.changes.known.versionOf(record.backend.id) === record.version) this.apply(record);
      else this.waiting.delete(record.backend.id);
    }
  }

  /**
   * Removes a member that the store has no more, unless a later version of it was applied. One that the configuration file
   * names stays.
   */
  drop(id: string, version: number, reason: string): void {
    if (this.context.changes.unlearn(id, version)) this.remove(id, reason);
  }

  /** Removes a member whose removal is still to be stored. */
  remove(id: string, reason: string): void {
    const { members } = this.context;
    const present = members.index.find(id);
    if (present && present.source === undefined) members.remove(id, reason);
  }

  /** Whether another backend has come to the address of a record later: that one holds, at every balancer. */
  private isLater(id: string, version: number): boolean {
    const { changes } = this.context;
    return changes.find(id) !== undefined || changes.known.versionOf(id) > version;
  }

  private drainAs(
    backend: BackendRecord,
    { backend: { isPaused, drainSeconds }, isLeaving, changedBy }: StoredRecord,
  ): void {
    const { lifecycle, drains } = this.context;
    const wanted: DrainPurpose | undefined = isLeaving ? 'leave' : isPaused ? 'pause' : undefined;
    if (backend.draining?.purpose === wanted) {
      if (backend.draining?.withinSeconds !== drainSeconds) drains.setDeadline(backend, drainSeconds);
      return;
    }
    const usual = this.config.DRAIN_TIMEOUT_SECONDS;
    if (wanted === undefined) {
      lifecycle.transition(backend, `resumed at ${changedBy}`, () => (backend.draining = undefined));
      return;
    }
    const reason = `${wanted === 'leave' ? 'leaving' : 'drain requested'} at ${changedBy}`;
    lifecycle.transition(backend, reason, () => drains.start(backend, wanted, drainSeconds ?? usual));
  }
}
