// The placement score: how much a request would add to what keeps the fleet from balance.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';

/**
 * The increase of the fleet's potential V = ¼ Σ_s Σ_r T_sr⁴ if the backend at `position` took the request:
 *
 *     Σ_r ((T + w)⁴ − T⁴) / 4,   T = seconds of work left,   w = demand / capacity, in seconds too
 *
 * With nothing left to do only Σ w⁴ remains, and among machines of equal size that is smallest where the machine's
 * ratio of resources is closest to the request's. Under load T steers away from what is busy.
 *
 * Choosing the smallest drift keeps every backlog bounded whenever the offered load fits the fleet at all
 * (Tassiulas & Ephremides 1992; MinDrift: Stolyar, "Optimal routing in output-queued flexible server systems", 2005).
 * The fourth power rather than the square keeps that guarantee and shortens the tail: docs/placement.md.
 */
export function drift(
  backlogSeconds: ArrayLike<number>,
  fleet: FleetSnapshot,
  position: number,
  demand: ResourceVector,
): number {
  const at = position * fleet.resourceCount;
  let score = 0;
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] === 0) continue;
    const backlog = backlogSeconds[r];
    const work = demand[r] * fleet.inverseCapacity[at + r];
    const after = backlog + work;
    // (T + w)⁴ − T⁴, factored so that two nearly equal fourth powers are never subtracted.
    score += work * (after + backlog) * (after * after + backlog * backlog);
  }
  return score / 4;
}
