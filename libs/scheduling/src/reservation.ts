// Demand taken on a backend while it serves a request, and given back exactly once.
import type { LoadRow } from './load-table.js';
import { quantise, type ResourceVector } from './resources.js';

/**
 * A request's place on a backend. The load of the backend counts it from construction until {@link release}. Released, it
 * can be taken for another request: a vector for each request is what costs most about it.
 */
export class Reservation {
  /** What is given back is this very vector, whatever becomes of the caller's. Units, in the fleet's order. */
  readonly demand: ResourceVector;
  private reservedSlot: number;
  private isReleased = false;

  constructor(
    private readonly row: LoadRow,
    slot: number,
    demand: ResourceVector,
  ) {
    this.reservedSlot = slot;
    this.demand = quantise(demand.slice());
    row.reserve(slot, this.demand);
  }

  /** The row of the load table that it counts in. */
  get slot(): number {
    return this.reservedSlot;
  }

  /** Takes `demand`, of as many resources as before, on a slot. What may still be held is given back first. */
  reserveAgain(slot: number, demand: ResourceVector): void {
    this.release();
    this.reservedSlot = slot;
    for (let r = 0; r < this.demand.length; r++) this.demand[r] = demand[r];
    quantise(this.demand);
    this.isReleased = false;
    this.row.reserve(slot, this.demand);
  }

  /** Gives the demand back. The first call counts; any further one does nothing. Answers whether it was the first. */
  release(): boolean {
    if (this.isReleased) return false;
    this.isReleased = true;
    this.row.release(this.reservedSlot, this.demand);
    return true;
  }
}
