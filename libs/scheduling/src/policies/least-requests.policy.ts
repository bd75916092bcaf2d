// `least-requests`: the backend with the fewest exchanges in flight relative to its size.
import type { Candidates } from '../candidates.js';
import { ArgMin } from '../arg-min.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/**
 * Smallest (exchanges in flight + 1) / weight, where the weight is the sum of a backend's capacities: `least_conn` of
 * nginx, `leastconn` of HAProxy, weighted `LEAST_REQUEST` of Envoy. Counts requests without weighing them. O(candidates
 * × resources).
 */
export class LeastRequestsPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();

  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates): number {
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      this.argMin.offer(position, (this.context.table.active(fleet.slots[position]) + 1) / weightOf(fleet, position));
    }
    return this.argMin.pop();
  }
}
