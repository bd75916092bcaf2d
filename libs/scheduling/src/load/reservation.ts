// Demand reserved on a backend while it serves a request, and released exactly once.
import { NO_LATENT_DEMAND, type LoadRow } from './load-row.js';
import { quantise, type ResourceVector } from '../resources.js';

/**
 * A request's reservation on a backend. It counts towards the backend's load from construction until {@link release}. A
 * released reservation is reused for another request, because the vector is most of the cost of making one. Times are
 * seconds of the clock that the threads share; a simulation that does not integrate its load may leave them out.
 */
export class Reservation {
  /**
   * A private copy, so that exactly what was added is subtracted, even if the caller changes its vector. Units, in the
   * fleet's order.
   */
  readonly demand: ResourceVector;
  /** The same of the demand for latent resources; empty without any. */
  private latent: ResourceVector;
  private reservedSlot: number;
  private isReleased = false;

  constructor(
    private readonly row: LoadRow,
    slot: number,
    demand: ResourceVector,
    atSeconds = 0,
    latent = NO_LATENT_DEMAND,
  ) {
    this.reservedSlot = slot;
    this.demand = quantise(demand.slice());
    this.latent = quantise(latent.slice());
    row.reserve(slot, this.demand, atSeconds, this.latent);
  }

  /** The backend's row in the load table. */
  get slot(): number {
    return this.reservedSlot;
  }

  /** Whether the demand is reserved. */
  get isHeld(): boolean {
    return !this.isReleased;
  }

  /**
   * Reserves demands on a slot. Releases first if still held. The demand has as many resources as before; that for latent
   * resources may have none before anything is known of them.
   */
  reserveAgain(slot: number, demand: ResourceVector, atSeconds = 0, latent = NO_LATENT_DEMAND): void {
    this.release(atSeconds);
    this.reservedSlot = slot;
    for (let r = 0; r < this.demand.length; r++) this.demand[r] = demand[r];
    quantise(this.demand);
    if (this.latent.length !== latent.length) this.latent = latent.slice();
    for (let r = 0; r < latent.length; r++) this.latent[r] = latent[r];
    quantise(this.latent);
    this.isReleased = false;
    this.row.reserve(slot, this.demand, atSeconds, this.latent);
  }

  /**
   * Releases the demand. Later calls do nothing.
   *
   * @returns whether this call released it.
   */
  release(atSeconds = 0): boolean {
    if (this.isReleased) return false;
    this.isReleased = true;
    this.row.release(this.reservedSlot, this.demand, atSeconds, this.latent);
    return true;
  }
}
