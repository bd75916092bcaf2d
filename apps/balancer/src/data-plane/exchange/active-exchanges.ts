// The exchanges that are under way, by backend, so that they can be ended when their backend has to go.
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import { IndexedSet, type IndexedSetMember } from '../io/indexed-set.js';

/** An exchange that can be told to end. */
export interface Disconnectable extends IndexedSetMember {
  disconnect(what: DisconnectScope): void;
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

  /** Ends those on a slot; whoever can turns to another backend. */
  disconnect(slot: number, what: DisconnectScope): void {
    // Of those that are there now: one that is cut may come back.
    for (const exchange of this.bySlot[slot].present()) {
      // It may have ended with one before it.
      if (exchange.setIndex !== -1) exchange.disconnect(what);
    }
  }
}
