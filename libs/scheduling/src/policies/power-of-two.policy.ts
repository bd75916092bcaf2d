// `power-of-two`: the less loaded of two backends picked at random.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/**
 * Of two distinct candidates picked at random, the one with fewer exchanges in flight for its size: nginx
 * `random two least_conn`, HAProxy `random(2)`, Envoy's default. O(resources). Two choices already make the longest
 * queue of n equal machines grow as log log n (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing",
 * 2001), and picking at random keeps balancers with stale views from rushing at the same machine.
 */
export class PowerOfTwoPolicy implements PlacementPolicy {
  constructor(private readonly context: PolicyContext) {}

  choose({ fleet, positions, count }: Candidates): number {
    const { random } = this.context;
    const first = Math.floor(random() * count);
    if (count === 1) return positions[first];
    // One index less, and a step over the first: every other candidate is as likely, and none is met twice.
    const other = Math.floor(random() * (count - 1));
    const second = other < first ? other : other + 1;
    const isFirst = this.load(fleet, positions[first]) <= this.load(fleet, positions[second]);
    return positions[isFirst ? first : second];
  }

  private load(fleet: FleetSnapshot, position: number): number {
    return (this.context.table.active(fleet.slots[position]) + 1) / weightOf(fleet, position);
  }
}
