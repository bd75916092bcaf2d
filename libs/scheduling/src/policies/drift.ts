// The placement score: how much a request would increase the imbalance of the fleet.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';

/**
 * Returns the increase of the fleet's potential V = ¼ Σ_s κ_s Σ_r T_sr⁴ if the backend at `position` took the request:
 *
 *     κ Σ_r ((T + w)⁴ − T⁴) / 4,   T = seconds of work left,   w = demand / capacity, also in seconds
 *
 * κ is the weight of the backend, which grows with its size: a second of backlog on a large backend delays more requests.
 * Without it, work counts less on a backend the faster it is, and the fastest one gets more than its part.
 *
 * On idle backends only Σ w⁴ remains. Among backends of equal size it is smallest where the ratio of resources is
 * closest to the request's. Under load, T steers requests away from busy resources.
 *
 * Choosing the smallest drift keeps every backlog bounded whenever the fleet is able to carry the offered load at all
 * (Tassiulas & Ephremides 1992; MinDrift: Stolyar, "Optimal routing in output-queued flexible server systems", 2005),
 * whatever the weights. The fourth power instead of the square keeps that guarantee and shortens the latency tail: docs/placement.md.
 *
 * @param backlogSeconds T by resource, seconds.
 * @param demand units by resource.
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
    score += driftTerm(backlog, work);
  }
  return (score * fleet.weights[position]) / 4;
}

/** (T + w)⁴ − T⁴, factored to avoid subtracting two nearly equal fourth powers. */
export function driftTerm(backlog: number, work: number): number {
  const after = backlog + work;
  return work * (after + backlog) * (after * after + backlog * backlog);
}
