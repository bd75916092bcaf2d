// The exchanges in progress, by backend, so that they can be ended when their backend goes out of service.
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import { IndexedSet, type IndexedSetMember } from '../io/indexed-set.js';

/** An exchange that can be told to leave its backend. */
export interface Disconnectable extends IndexedSetMember {
  disconnect(scope: DisconnectScope): void;
}

export class ActiveExchanges {
  private readonly bySlot: IndexedSet<Disconnectable>[];

  constructor(slotCount: number) {
    this.bySlot = Array.from({ length: slotCount }, () => new IndexedSet());
  }

  add(slot: number, exchange: Disconnectable): void {
    this.bySlot[slot].add(exchange);
  }

  remove(slot: number, exchange: Disconnectable): void {
    this.bySlot[slot].delete(exchange);
  }

  /** Ends the exchanges on a slot; those that can be retried go to another backend. */
  disconnect(slot: number, scope: DisconnectScope): void {
    // Over a copy: an exchange that is retried may come back to the same slot.
    for (const exchange of this.bySlot[slot].toArray()) {
      // It may have ended together with one before it.
      if (exchange.setIndex !== -1) exchange.disconnect(scope);
    }
  }
}
