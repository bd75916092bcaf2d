// How much work is left on each backend: between what is in flight and what should be left by now.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { PolicyContext } from './policy.js';

/** Part of each decision in the averages by which predictions are judged: about the last hundred decisions count. */
const GAIN = 0.01;
/** The least that in-flight demand counts, however good the predictions are. */
const MIN_DOUBT = 0.5;
/** How fast doubt grows with work that is in flight where none should be left, and with work that ended early. */
const DOUBT_PER_LATE = 4;
const DOUBT_PER_EARLY = 10;

/**
 * Estimates T, the seconds of work left on each resource of each backend. Two numbers bracket it: u, all that is in
 * flight, counts a request in full until it ends; q is a fluid queue, which takes up what is dispatched and drains a
 * second of work each second. With exact demands and capacities q is right. With wrong ones it wanders off, but never
 * above u. So T = q + doubt · (u − q), and doubt runs from ½ to 1 with how wrong q has lately been:
 *
 * - late: the part of the work in flight that lies on backends where q says nothing should be left;
 * - early: the part of the work dispatched that was still in q when u showed it had ended.
 *
 * What other threads and balancers dispatch is in u and not in q: it shows as late work, and doubt makes up for it.
 * As ½ u ≤ T ≤ u, T is bounded exactly when u is. All q drain alike, so what is kept is the moment at which each becomes
 * empty: one number per slot and resource, written by a dispatch and where q is cut down to u.
 */
export class BacklogEstimate {
  /** T of the backend last looked at, by resource. */
  readonly seconds: Float64Array;
  /** When q becomes empty, at `slot * resourceCount + r`. */
  private readonly emptyAt: Float64Array;
  private now = 0;
  private doubt = 1;
  private lateShare = 0;
  private earlyShare = 0;
  // Seconds of work seen since the decision began.
  private inFlight = 0;
  private late = 0;
  private early = 0;

  constructor(private readonly context: PolicyContext) {
    const { slotCount, resourceCount } = context.table.shape;
    this.seconds = new Float64Array(resourceCount);
    this.emptyAt = new Float64Array(slotCount * resourceCount);
  }

  /** A decision begins: time has passed. */
  begin(): void {
    this.now = this.context.clock();
    this.inFlight = 0;
    this.late = 0;
    this.early = 0;
  }

  /** Estimates the backlog of the backend at `position`, into {@link seconds}. */
  look(fleet: FleetSnapshot, position: number): void {
    const { seconds, emptyAt, doubt, now } = this;
    const { table } = this.context;
    const { resourceCount } = fleet;
    const slot = fleet.slots[position];
    let mostInFlight = 0;
    let mostFluid = 0;
    for (let r = 0; r < resourceCount; r++) {
      const units = table.inFlight(slot, r);
      const inFlight = units === 0 ? 0 : units * fleet.inverseCapacity[position * resourceCount + r];
      const at = slot * resourceCount + r;
      let fluid = emptyAt[at] - now;
      if (fluid < 0) fluid = 0;
      if (fluid > inFlight) {
        this.early += fluid - inFlight;
        fluid = inFlight;
        emptyAt[at] = now + inFlight;
      }
      if (inFlight > mostInFlight) mostInFlight = inFlight;
      if (fluid > mostFluid) mostFluid = fluid;
      seconds[r] = fluid + doubt * (inFlight - fluid);
    }
    this.inFlight += mostInFlight;
    if (mostFluid === 0) this.late += mostInFlight;
  }

  /** The decision ends: the backend at `position` takes `demand`. */
  place(fleet: FleetSnapshot, position: number, demand: ResourceVector): void {
    const { emptyAt, now } = this;
    const slot = fleet.slots[position];
    let work = 0;
    for (let r = 0; r < demand.length; r++) {
      if (demand[r] === 0) continue;
      const own = demand[r] * fleet.inverseCapacity[position * demand.length + r];
      const at = slot * demand.length + r;
      emptyAt[at] = Math.max(now, emptyAt[at]) + own;
      work += own;
    }
    this.judge(work);
  }

  private judge(work: number): void {
    if (this.inFlight > 0) this.lateShare += GAIN * (this.late / this.inFlight - this.lateShare);
    if (work > 0) this.earlyShare += GAIN * (this.early / work - this.earlyShare);
    const doubt = DOUBT_PER_LATE * this.lateShare + DOUBT_PER_EARLY * this.earlyShare;
    this.doubt = Math.min(1, Math.max(MIN_DOUBT, doubt));
  }
}
