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
    /** Whether other balancers use the store. */
    private readonly isShared: boolean,
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
    // Other balancers may not have the file that names a backend: what registered stays in a store that they share.
    const isOurs = spec.source !== undefined && this.isShared;
    if (atAddress && !known) this.rename(atAddress, spec.id, isOurs);
    else if (atAddress && atAddress !== known) {
      const reason = `its address was taken over by ${spec.id}`;
      if (isOurs) this.members.remove(atAddress.id, reason);
      else this.forget(atAddress.id, reason);
    }
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

  private rename(backend: BackendRecord, id: string, isOurs: boolean): void {
    if (!isOurs) this.changes.remove(backend.id, `renamed to ${id}`);
    this.members.rename(backend, id);
  }
}
