// `random`: any backend, with equal probability.
import type { Candidates } from '../candidates.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/**
 * Uniform over the candidates. O(1). The baseline that every other policy should beat; sufficient for a fleet of equal
 * machines with very many balancers, because it needs no state.
 */
export class RandomPolicy implements PlacementPolicy {
  constructor(private readonly context: PolicyContext) {}

  choose({ positions, count }: Candidates, _demand: ResourceVector): number {
    return positions[Math.floor(this.context.random() * count)];
  }
}
