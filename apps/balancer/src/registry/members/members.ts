// The members of the fleet: adds and removes backends, each with a row of the load table, and records that as events.
import type { LoadTable } from '@fairlead/scheduling';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { Logger } from '@nestjs/common';
import { newBackend, restoredBackend, stateOf, type BackendRecord, type BackendSpec } from '../backend.js';
import type { EventLog } from '../event-log.js';
import { FleetFullError } from '../registry.errors.js';
import type { RegistryListeners } from '../registry-listener.js';
import type { StoredRecord } from '../store/registry-store.js';
import type { SnapshotAcknowledgement } from '../snapshot/snapshot-acknowledgement.js';
import { BackendIndex } from './backend-index.js';
import { SlotAllocator } from './slot-allocator.js';

/** What members need of the registry. */
export interface MembersContext {
  readonly table: LoadTable;
  readonly acknowledgement: SnapshotAcknowledgement;
  readonly events: EventLog;
  readonly listeners: RegistryListeners;
  /** The snapshot has to be built again. */
  readonly publish: () => void;
}

export class Members {
  /** Finds them. */
  readonly index = new BackendIndex();
  private readonly logger = new Logger('Registry');
  private readonly slots: SlotAllocator;

  constructor(private readonly context: MembersContext) {
    const { table, acknowledgement, listeners } = context;
    this.slots = new SlotAllocator(table, acknowledgement, (slot) => listeners.slotFreed(slot));
  }

  /** `reason` is why it joins; undefined: it registered here. @throws {FleetFullError} when the load table has no row left. */
  join(spec: BackendSpec, reason?: string): BackendRecord {
    const slot = this.slots.acquire();
    if (slot === undefined) throw new FleetFullError(this.context.table.shape.slotCount);
    const backend = newBackend(spec, slot, monotonicSeconds());
    this.add(
      backend,
      reason ?? (spec.source === undefined ? `registered ${backend.url}` : `${backend.reason}: ${backend.url}`),
    );
    return backend;
  }

  /** Adds the backends of a file again, as far as the load table has rows for them. */
  restoreAll(records: readonly StoredRecord[]): void {
    for (const { backend: stored } of records) {
      const slot = this.slots.acquire();
      if (slot === undefined) {
        const { slotCount } = this.context.table.shape;
        this.logger.warn(`backend ${stored.id} is not restored: MAX_BACKENDS is ${slotCount}`);
        continue;
      }
      const backend = restoredBackend(stored, slot, monotonicSeconds());
      this.add(backend, backend.reason);
    }
  }

  rename(backend: BackendRecord, id: string): void {
    const oldId = backend.id;
    this.index.rename(backend, id);
    this.context.events.recordBackendEvent('renamed', backend, `was known as ${oldId}`);
  }

  /** Removes a backend at once. @throws {UnknownBackendError} */
  remove(id: string, reason: string): void {
    const backend = this.index.get(id);
    this.index.remove(backend);
    this.context.events.recordTransition({ backend: id, from: stateOf(backend), to: 'gone', reason });
    this.context.publish();
    this.context.listeners.left(backend.url);
    this.slots.release(backend.slot);
  }

  private add(backend: BackendRecord, reason: string): void {
    const { events, listeners, publish } = this.context;
    this.index.add(backend);
    events.recordTransition({ backend: backend.id, from: null, to: stateOf(backend), reason });
    publish();
    listeners.probeNeeded(backend);
  }
}
