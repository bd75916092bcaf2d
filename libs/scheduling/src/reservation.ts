// Demand taken on a backend while it serves a request, and given back exactly once.
import type { LoadRow } from './load-table.js';
import { quantise, type ResourceVector } from './resources.js';

/** A request's place on a backend. The load of the backend counts it from construction until {@link release}. */
export class Reservation {
  /** What is given back is this very vector, whatever becomes of the caller's. */
  readonly demand: ResourceVector;
  private isReleased = false;

  constructor(
    private readonly row: LoadRow,
    readonly slot: number,
    demand: ResourceVector,
  ) {
    this.demand = quantise(demand.slice());
    row.begin(slot, this.demand);
  }

  /** Gives the demand back. The first call counts; any further one does nothing. Answers whether it was the first. */
  release(): boolean {
    if (this.isReleased) return false;
    this.isReleased = true;
    this.row.end(this.slot, this.demand);
    return true;
  }
}
