// `random`: any backend, all as likely.
import type { Candidates } from '../candidates.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/**
 * Uniform over the candidates. O(1). The yardstick below which no policy should fall, and the one that a fleet of equal
 * machines behind very many balancers can live with: it needs to know nothing.
 */
export class RandomPolicy implements PlacementPolicy {
  constructor(private readonly context: PolicyContext) {}

  choose({ positions, count }: Candidates, _demand: ResourceVector): number {
    return positions[Math.floor(this.context.random() * count)];
  }
}
