// Estimates how much work is left on each backend, from what is in flight and what should be finished by now.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { Clock } from '../clock-and-random.js';
import type { InFlightTable } from '../load/load-table.js';

/** Weight of one decision in the moving averages of prediction error: about the last hundred decisions count. */
const AVERAGE_GAIN = 0.01;
/** Lower bound of doubt: in-flight demand counts at least half, however good the predictions are. */
const MIN_DOUBT = 0.5;
/** Doubt per unit of the late ratio, and per unit of the early ratio. */
const DOUBT_PER_LATE = 4;
const DOUBT_PER_EARLY = 10;

/** What an estimate reads. A policy's context is one. */
export interface BacklogContext {
  readonly table: InFlightTable;
  readonly clock: Clock;
}

/**
 * Estimates T, the seconds of work left on each resource of each backend. T lies between two numbers. The upper one, u,
 * is all work in flight: it counts a request in full until the request ends. The lower one, q, is a fluid queue: it
 * grows by what is dispatched and drains one second of work per second. With exact demands and capacities q is right.
 * With inexact ones it drifts, but never above u. So T = q + doubt · (u − q), where doubt grows from ½ to 1 with the
 * recent prediction error of q:
 *
 * - late: the fraction of the work in flight on backends where, according to q, nothing should be left;
 * - early: the fraction of the dispatched work that was still in q when u showed that it had ended.
 *
 * Work that other threads and balancers dispatch is in u but not in q: it appears as late work and raises doubt. T is
 * bounded exactly when u is, because it lies between ½ u and u. All q drain at the same rate, so it is enough to store
 * when each becomes empty: one number per slot and resource, written at a dispatch and when q is limited to u.
 */
export class BacklogEstimate {
  /** T of the backend estimated last, by resource. */
  readonly seconds: Float64Array;
  /** When q becomes empty, at `slot * resourceCount + r`. Seconds on the clock. */
  private readonly emptyAt: Float64Array;
  private now = 0;
  private doubt = 1;
  private lateRatio = 0;
  private earlyRatio = 0;
  // Seconds of work seen since the start of the decision.
  private inFlight = 0;
  private late = 0;
  private early = 0;

  constructor(private readonly context: BacklogContext) {
    const { slotCount, resourceCount } = context.table.shape;
    this.seconds = new Float64Array(resourceCount);
    this.emptyAt = new Float64Array(slotCount * resourceCount);
  }

  /** Starts a decision: reads the clock. */
  startDecision(): void {
    this.now = this.context.clock();
    this.inFlight = 0;
    this.late = 0;
    this.early = 0;
  }

  /** Estimates the backlog of the backend at `position` and writes it to {@link seconds}. */
  estimate(fleet: FleetSnapshot, position: number): void {
    const { seconds, emptyAt, doubt, now } = this;
    const { table } = this.context;
    const { resourceCount, inverseCapacity } = fleet;
    const slot = fleet.slots[position];
    const first = slot * resourceCount;
    const firstCapacity = position * resourceCount;
    let maxInFlight = 0;
    let maxFluid = 0;
    for (let r = 0; r < resourceCount; r++) {
      const units = table.inFlight(slot, r);
      const inFlight = units === 0 ? 0 : units * inverseCapacity[firstCapacity + r];
      const at = first + r;
      let fluid = emptyAt[at] - now;
      if (fluid < 0) fluid = 0;
      if (fluid > inFlight) {
        this.early += fluid - inFlight;
        fluid = inFlight;
        emptyAt[at] = now + inFlight;
      }
      if (inFlight > maxInFlight) maxInFlight = inFlight;
      if (fluid > maxFluid) maxFluid = fluid;
      seconds[r] = fluid + doubt * (inFlight - fluid);
    }
    this.inFlight += maxInFlight;
    if (maxFluid === 0) this.late += maxInFlight;
  }

  /** Ends the decision: the backend at `position` gets `demand`. */
  recordPlacement(fleet: FleetSnapshot, position: number, demand: ResourceVector): void {
    const { emptyAt, now } = this;
    const slot = fleet.slots[position];
    let work = 0;
    for (let r = 0; r < demand.length; r++) {
      if (demand[r] === 0) continue;
      const added = demand[r] * fleet.inverseCapacity[position * demand.length + r];
      const at = slot * demand.length + r;
      emptyAt[at] = Math.max(now, emptyAt[at]) + added;
      work += added;
    }
    this.updateDoubt(work);
  }

  private updateDoubt(work: number): void {
    if (this.inFlight > 0) this.lateRatio += AVERAGE_GAIN * (this.late / this.inFlight - this.lateRatio);
    if (work > 0) this.earlyRatio += AVERAGE_GAIN * (this.early / work - this.earlyRatio);
    const doubt = DOUBT_PER_LATE * this.lateRatio + DOUBT_PER_EARLY * this.earlyRatio;
    this.doubt = Math.min(1, Math.max(MIN_DOUBT, doubt));
  }
}
