// `best-fit`: the backend whose free resources have the shape of the request.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/**
 * Best-Fit DRFH: among the backends with room, the smallest Σ_r | d_r/d_1 − a_r/a_1 |, where d is the demand, a is what
 * is available, and 1 is the first resource the request needs. Available is what a backend serves in one second minus
 * what it has in flight. When no backend has room, the least overcommitted one is chosen. O(candidates × resources).
 * The rule packs tightly, which suits tasks that hold resources; it spreads requests only once backends are full.
 * Source: Wang, Li and Liang, "Dominant Resource Fairness in Cloud Computing Systems with Heterogeneous Servers"
 * (2014), §5.
 */
export class BestFitPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();

  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    for (let i = 0; i < count; i++) this.argMin.offer(positions[i], this.score(fleet, positions[i], demand));
    return this.argMin.pop();
  }

  private score(fleet: FleetSnapshot, position: number, demand: ResourceVector): number {
    const { table } = this.context;
    const at = position * fleet.resourceCount;
    const slot = fleet.slots[position];
    let demandOfFirst = 0;
    let availableOfFirst = 0;
    let mismatch = 0;
    let overcommitment = 0;
    for (let r = 0; r < demand.length; r++) {
      const available = fleet.capacity[at + r] - table.inFlight(slot, r);
      overcommitment = Math.max(overcommitment, (demand[r] - available) * fleet.inverseCapacity[at + r]);
      if (demandOfFirst > 0) mismatch += Math.abs(demand[r] / demandOfFirst - available / availableOfFirst);
      else if (demand[r] > 0) {
        demandOfFirst = demand[r];
        availableOfFirst = available;
      }
    }
    // Backends with room score below zero, a better fit lower; backends without room score above zero.
    return overcommitment > 0 ? overcommitment : -1 / (1 + mismatch);
  }
}
