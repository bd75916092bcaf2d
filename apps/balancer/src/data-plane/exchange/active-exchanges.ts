// The exchanges that are under way, by backend, so that they can be ended when their backend has to go.
import type { Cut } from '../../registry/snapshot/backend-observation.js';
import { Crowd, type CrowdMember } from '../io/indexed-set.js';

/** An exchange that can be told to end. */
export interface Cuttable extends CrowdMember {
  cut(what: Cut): void;
}

export class LiveExchanges {
  private readonly bySlot: Crowd<Cuttable>[];

  constructor(slotCount: number) {
    this.bySlot = Array.from({ length: slotCount }, () => new Crowd());
  }

  add(slot: number, exchange: Cuttable): void {
    this.bySlot[slot].add(exchange);
  }

  remove(slot: number, exchange: Cuttable): void {
    this.bySlot[slot].delete(exchange);
  }

  /** Ends those on a slot; whoever can turns to another backend. */
  cut(slot: number, what: Cut): void {
    // Of those that are there now: one that is cut may come back.
    for (const exchange of this.bySlot[slot].present()) {
      // It may have ended with one before it.
      if (exchange.crowdIndex !== -1) exchange.cut(what);
    }
  }
}
