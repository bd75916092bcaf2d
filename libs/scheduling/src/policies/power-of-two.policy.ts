// `power-of-two`: the less loaded of two backends picked at random.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/**
 * Of two distinct candidates picked at random, the one with fewer exchanges in flight relative to its size: nginx
 * `random two least_conn`, HAProxy `random(2)`, Envoy's default. O(resources). With two choices the longest queue of n
 * equal machines grows only as log log n (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001),
 * and random picks keep balancers with stale views from sending everything to the same backend.
 */
export class PowerOfTwoPolicy implements PlacementPolicy {
  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates): number {
    const { random } = this.context;
    const first = Math.floor(random() * count);
    if (count === 1) return positions[first];
    // Draw from one index less and skip the first: every other candidate is equally likely, and the two are distinct.
    const other = Math.floor(random() * (count - 1));
    const second = other < first ? other : other + 1;
    const isFirst = this.load(fleet, positions[first]) <= this.load(fleet, positions[second]);
    return positions[isFirst ? first : second];
  }

  private load(fleet: FleetSnapshot, position: number): number {
    return (this.context.table.active(fleet.slots[position]) + 1) / weightOf(fleet, position);
  }
}
