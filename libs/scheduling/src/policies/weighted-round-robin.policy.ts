// `weighted-round-robin`: each backend as often as its size says, evenly interleaved.
import type { Candidates } from '../candidates.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/**
 * nginx's smooth weighted round robin: every candidate gains its weight, the richest is taken and pays the sum of all.
 * Weights 5, 1, 1 give a a b a c a a rather than a a a a a b c. O(candidates × resources). Blind to load and to what a
 * request needs; for machines of known size and requests that are all alike.
 * Source: nginx, commit 52327e0627f4 "Upstream: smooth weighted round-robin balancing" (2012).
 */
export class WeightedRoundRobinPolicy implements PlacementPolicy {
  /** What each slot has gained and not yet paid. */
  private readonly credit: Float64Array;

  constructor({ table }: PolicyContext) {
    this.credit = new Float64Array(table.shape.slotCount);
  }

  choose({ fleet, positions, count }: Candidates): number {
    const { credit } = this;
    let total = 0;
    let richest = positions[0];
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      const weight = weightOf(fleet, position);
      total += weight;
      credit[fleet.slots[position]] += weight;
      if (credit[fleet.slots[position]] > credit[fleet.slots[richest]]) richest = position;
    }
    credit[fleet.slots[richest]] -= total;
    return richest;
  }
}
