// `weighted-round-robin`: each backend in proportion to its size, evenly interleaved.
import type { Candidates } from '../candidates.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/**
 * nginx's smooth weighted round robin: the credit of every candidate grows by its weight; the candidate with the most
 * credit is chosen, and its credit drops by the total weight. Weights 5, 1, 1 yield a a b a c a a instead of a a a a a
 * b c. O(candidates × resources). Blind to load and to the demand; for machines of known size and requests of equal
 * cost.
 * Source: nginx, commit 52327e0627f4 "Upstream: smooth weighted round-robin balancing" (2012).
 */
export class WeightedRoundRobinPolicy implements PlacementPolicy {
  /** Credit by slot: weight gained and not yet spent. */
  private readonly credit: Float64Array;

  constructor({ table }: PolicyContext) {
    this.credit = new Float64Array(table.shape.slotCount);
  }

  choose({ fleet, positions, count }: Candidates): number {
    const { credit } = this;
    let total = 0;
    let chosen = positions[0];
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      const weight = weightOf(fleet, position);
      total += weight;
      credit[fleet.slots[position]] += weight;
      if (credit[fleet.slots[position]] > credit[fleet.slots[chosen]]) chosen = position;
    }
    credit[fleet.slots[chosen]] -= total;
    return chosen;
  }
}
