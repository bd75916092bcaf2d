// `drf`: the smallest drift. Weighs what a request needs against what each backend has left, resource by resource.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { LoadTable } from '../load-table.js';
import type { ResourceVector } from '../resources.js';
import { Smallest } from '../smallest.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/**
 * The increase of the fleet's potential V = ¼ Σ_s Σ_r T_sr⁴ if the backend at `position` took the request:
 *
 *     Σ_r ((T + w)⁴ − T⁴) / 4,   T = in-flight demand / capacity,   w = demand / capacity,   both in seconds
 *
 * With nothing in flight only Σ w⁴ is left, and among machines of equal size that is smallest where the machine's
 * ratio of resources is closest to the request's. Under load T steers away from what is busy.
 *
 * Choosing the smallest drift keeps every backlog bounded whenever the offered load fits the fleet at all
 * (Tassiulas & Ephremides 1992; MinDrift: Stolyar, "Optimal routing in output-queued flexible server systems", 2005).
 * The fourth power rather than the square keeps that guarantee and shortens the tail: docs/placement.md.
 */
export function drift(fleet: FleetSnapshot, position: number, table: LoadTable, demand: ResourceVector): number {
  const at = position * fleet.resourceCount;
  const slot = fleet.slots[position];
  let score = 0;
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] === 0) continue;
    const inverseCapacity = fleet.inverseCapacity[at + r];
    const backlog = table.inFlight(slot, r) * inverseCapacity;
    const after = backlog + demand[r] * inverseCapacity;
    const backlogSquared = backlog * backlog;
    const afterSquared = after * after;
    // a⁴ − b⁴, factored so that two nearly equal fourth powers are never subtracted.
    score += (after - backlog) * (after + backlog) * (afterSquared + backlogSquared);
  }
  return score / 4;
}

/** Places each request where {@link drift} is smallest. O(candidates × resources). */
export class DrfPolicy implements PlacementPolicy {
  private readonly smallest = new Smallest();

  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      this.smallest.offer(position, drift(fleet, position, this.context.table, demand));
    }
    return this.smallest.take();
  }
}
