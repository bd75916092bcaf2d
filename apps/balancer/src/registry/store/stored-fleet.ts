// What the registry's store had at the start of this process, and the changes since then, which go there.
import { randomUUID } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import { ConflictingChangeError, ForeignRecordError } from '../registry.errors.js';
import type { Journal } from './journal.js';
import { PendingChanges } from './pending-changes.js';
import type { RegistryStore, StoreContents } from './registry-store.js';

export class StoredFleet implements OnApplicationShutdown {
  /** Tells this process from an earlier one of the same balancer. */
  readonly instance = randomUUID();

  constructor(
    readonly store: RegistryStore,
    readonly contents: StoreContents,
    readonly changes: PendingChanges,
    private readonly journal?: Journal,
    /** When the store was asked for its contents, a time of `performance.now()`. */
    readonly askedAtMs = performance.now(),
  ) {}

  /** Whether several balancers use the store. */
  get isShared(): boolean {
    return this.store.isShared;
  }

  /** Whether a store that several balancers use is away: the others cannot hear of what is done here. */
  get isAway(): boolean {
    return this.isShared && this.changes.isAway;
  }

  /**
   * Reads a store. `balancer` is the id of this balancer, with which its changes are marked; `journal` has what an earlier
   * process could not store.
   *
   * @throws {StoreError} when a store that is shared fails.
   */
  static async open(store: RegistryStore, balancer: string, journal?: Journal): Promise<StoredFleet> {
    const askedAtMs = performance.now();
    const contents = await store.read();
    const changes = new PendingChanges(store, contents.records, balancer);
    // Shows now whether it can be written, and not at the first registration.
    if (!store.isShared) await changes.check();
    changes.epoch = contents.epoch;
    for (const { id, wanted, base } of journal?.read() ?? []) changes.adopt(id, wanted, base);
    changes.journal = journal;
    return new StoredFleet(store, contents, changes, journal, askedAtMs);
  }

  /**
   * Resolves when the last change of a backend is stored, and at once while the store is away.
   *
   * @throws {ConflictingChangeError} @throws {ForeignRecordError}
   */
  async whenStored(id: string): Promise<void> {
    const result = await this.changes.whenSettled(id);
    if (result.kind === 'newer-format') throw new ForeignRecordError(id);
    if (result.kind !== 'conflict') return;
    throw result.version > 0 && !result.present ? new ForeignRecordError(id) : new ConflictingChangeError(id);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes the store; nothing is stored after that. */
  async close(): Promise<void> {
    await this.changes.close();
    await this.store.close();
    this.journal?.close();
  }
}
