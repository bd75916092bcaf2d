// `round-robin`: each backend in turn, independent of its size and load.
import type { Candidates } from '../candidates.js';
import type { PlacementPolicy } from './policy.js';

/**
 * Takes the candidates in turn. O(candidates), because the next backend in turn may not be feasible for this request.
 */
export class RoundRobinPolicy implements PlacementPolicy {
  private lastSlot = -1;

  choose({ fleet, positions, count }: Candidates): number {
    let lowest = positions[0];
    let next = -1;
    for (let i = 0; i < count; i++) {
      const position = positions[i];
      const slot = fleet.slots[position];
      if (slot < fleet.slots[lowest]) lowest = position;
      const isNextInTurn = slot > this.lastSlot && (next === -1 || slot < fleet.slots[next]);
      if (isNextInTurn) next = position;
    }
    const chosen = next === -1 ? lowest : next;
    this.lastSlot = fleet.slots[chosen];
    return chosen;
  }
}
