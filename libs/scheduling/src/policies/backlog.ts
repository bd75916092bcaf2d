// Estimates how much work is left on each backend, from what is in flight and what should be finished by now.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { Clock } from '../clock-and-random.js';
import type { InFlightTable } from '../load/load-table.js';
import { driftTerm } from './drift.js';

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
  /** The `drift` of the request at each backend that was estimated last, in the same order. */
  drifts = new Float64Array(0);
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
    this.emptyAt = new Float64Array(slotCount * resourceCount);
  }

  /** Starts a decision: reads the clock. */
  startDecision(): void {
    this.now = this.context.clock();
    this.inFlight = 0;
    this.late = 0;
    this.early = 0;
  }

  /**
   * Estimates the backlogs of the backends at the first `count` of `positions`, and writes the drift of `demand` there to
   * {@link drifts}, in the same order. Most of the time of a decision is spent in this loop.
   */
  estimate(fleet: FleetSnapshot, positions: Int32Array, count: number, demand: ResourceVector): void {
    const { resourceCount, slots, inverseCapacity, weights } = fleet;
    if (this.drifts.length < count) this.drifts = new Float64Array(2 * count);
    const { drifts, emptyAt, doubt, now } = this;
    const { columns } = this.context.table;
    const [firstColumn] = columns;
    const threads = columns.length;
    let totalInFlight = 0;
    let totalLate = 0;
    let totalEarly = 0;
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      const slot = slots[position];
      let inFlightHere = 0;
      let fluidHere = 0;
      let score = 0;
      for (let r = 0; r < resourceCount; r++) {
        const at = slot * resourceCount + r;
        const secondsPerUnit = inverseCapacity[position * resourceCount + r];
        let units = firstColumn[at];
        for (let thread = 1; thread < threads; thread++) units += columns[thread][at];
        const inFlight = units > 0 ? units * secondsPerUnit : 0;
        let fluid = emptyAt[at] - now;
        if (fluid < 0) fluid = 0;
        if (fluid > inFlight) {
          totalEarly += fluid - inFlight;
          fluid = inFlight;
          emptyAt[at] = now + inFlight;
        }
        inFlightHere += inFlight;
        fluidHere += fluid;
        if (demand[r] > 0) score += driftTerm(between(fluid, inFlight, doubt), demand[r] * secondsPerUnit);
      }
      drifts[i] = (score * weights[position]) / 4;
      totalInFlight += inFlightHere;
      if (fluidHere === 0) totalLate += inFlightHere;
    }
    this.inFlight += totalInFlight;
    this.late += totalLate;
    this.early += totalEarly;
  }

  /** T of resource `r` of the backend at `position`, seconds, once it was estimated in this decision. */
  secondsAt({ resourceCount, slots, inverseCapacity }: FleetSnapshot, position: number, r: number): number {
    const slot = slots[position];
    const units = this.context.table.inFlight(slot, r);
    const inFlight = units > 0 ? units * inverseCapacity[position * resourceCount + r] : 0;
    const fluid = Math.max(0, this.emptyAt[slot * resourceCount + r] - this.now);
    return between(fluid, inFlight, this.doubt);
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

/** T between q and u. */
function between(fluid: number, inFlight: number, doubt: number): number {
  return fluid + doubt * (inFlight - fluid);
}
