// The exchanges that are under way, by backend, so that they can be ended when their backend has to go.
import type { Cut } from '../registry/sighting.js';
import { Roster, type Listed } from './roster.js';

/** An exchange that can be told to end. */
export interface Cuttable extends Listed {
  cut(what: Cut): void;
}

export class LiveExchanges {
  private readonly bySlot: Roster<Cuttable>[];

  constructor(slotCount: number) {
    this.bySlot = Array.from({ length: slotCount }, () => new Roster());
  }

  add(slot: number, exchange: Cuttable): void {
    this.bySlot[slot].add(exchange);
  }

  remove(slot: number, exchange: Cuttable): void {
    this.bySlot[slot].remove(exchange);
  }

  /** Ends those on a slot; whoever can turns to another backend. One that is cut may come back, and is not cut again. */
  cut(slot: number, what: Cut): void {
    for (const exchange of this.bySlot[slot].now()) {
      // It may have ended with one before it.
      if (exchange.place >= 0) exchange.cut(what);
    }
  }
}
