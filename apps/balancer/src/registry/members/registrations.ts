// Adds backends to the fleet and updates those that are there: an id, and an address within a pool, belong to one backend.
import type { BackendLifecycle } from '../backend-lifecycle.js';
import type { BackendRecord, BackendSpec } from '../backend.js';
import type { PendingChanges } from '../store/pending-changes.js';
import type { Members } from './members.js';

/** The backend that was added or updated. */
export interface Placed {
  readonly backend: BackendRecord;
  readonly isNew: boolean;
}

export class Registrations {
  constructor(
    private readonly members: Members,
    private readonly lifecycle: BackendLifecycle,
    private readonly changes: PendingChanges,
  ) {}

  /**
   * Adds a backend, or updates the one with the same id, or at the same address in the same pool. `joins` is why it joins;
   * undefined: it registered here.
   *
   * @throws {FleetFullError} when the load table has no row left.
   */
  addOrUpdate(spec: BackendSpec, joins?: string): Placed {
    const { index } = this.members;
    const known = index.find(spec.id);
    const atAddress = index.atAddress(spec.url, spec.pool);
    if (atAddress && !known) this.rename(atAddress, spec.id);
    else if (atAddress && atAddress !== known) this.forget(atAddress.id, `its address was taken over by ${spec.id}`);
    const present = known ?? atAddress;
    if (!present) return { backend: this.members.join(spec, joins), isNew: true };
    this.lifecycle.update(present, spec);
    return { backend: present, isNew: false };
  }

  /** Removes a backend, also from the store. */
  forget(id: string, reason: string): void {
    this.members.remove(id, reason);
    this.changes.remove(id, reason);
  }

  private rename(backend: BackendRecord, id: string): void {
    this.changes.remove(backend.id, `renamed to ${id}`);
    this.members.rename(backend, id);
  }
}
