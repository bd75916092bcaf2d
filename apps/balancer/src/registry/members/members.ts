// The members of the fleet: adds and removes backends, each with a row of the load table, and records that as events.
import type { LoadTable } from '@fairlead/scheduling';
import { monotonicSeconds } from '../../clock/monotonic.js';
import {
  newBackend,
  restoredBackend,
  stateOf,
  type BackendRecord,
  type BackendSpec,
  type StoredBackend,
} from '../backend.js';
import type { EventLog } from '../event-log.js';
import { FleetFullError } from '../registry.errors.js';
import type { RegistryListeners } from '../registry-listener.js';
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
  private readonly slots: SlotAllocator;

  constructor(private readonly context: MembersContext) {
    const { table, acknowledgement, listeners } = context;
    this.slots = new SlotAllocator(table, acknowledgement, (slot) => listeners.slotFreed(slot));
  }

  /** @throws {FleetFullError} when the load table has no row left. */
  join(spec: BackendSpec): BackendRecord {
    const slot = this.slots.acquire();
    if (slot === undefined) throw new FleetFullError(this.context.table.shape.slotCount);
    const backend = newBackend(spec, slot, monotonicSeconds());
    this.add(backend, spec.source === undefined ? `registered ${backend.url}` : `${backend.reason}: ${backend.url}`);
    return backend;
  }

  /** Adds a backend of the store again; returns whether the load table had a row for it. */
  restore(stored: StoredBackend): boolean {
    const slot = this.slots.acquire();
    if (slot === undefined) return false;
    const backend = restoredBackend(stored, slot, monotonicSeconds());
    this.add(backend, backend.reason);
    return true;
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
