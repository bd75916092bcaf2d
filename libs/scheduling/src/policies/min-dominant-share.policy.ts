// `min-dominant-share`: the backend whose most loaded resource would be least loaded.
import type { Candidates } from '../candidates.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/**
 * Smallest max_r (in flight + demand) / capacity, in seconds: the greedy rule for unrelated machines with vector loads,
 * and the limit of drift's potential as its power grows. O(candidates × resources). It compares the most loaded
 * resource only and ignores the load of the others; not throughput-optimal on mixed fleets.
 * Source: Graham's list scheduling (1966), by the dominant share of Ghodsi et al., "Dominant Resource Fairness" (2011).
 */
export class MinDominantSharePolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();

  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    const { table } = this.context;
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      const at = position * fleet.resourceCount;
      let share = 0;
      for (let r = 0; r < demand.length; r++) {
        if (demand[r] === 0) continue;
        const after = (table.inFlight(fleet.slots[position], r) + demand[r]) * fleet.inverseCapacity[at + r];
        if (after > share) share = after;
      }
      this.argMin.offer(position, share);
    }
    return this.argMin.pop();
  }
}
