// `peak-ewma`: of two backends the one with the smaller expected wait, from a latency average that rises at once and
// decays slowly.
import type { Candidates } from '../candidates.js';
import type { ResourceVector } from '../resources.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Time constant of the decay, as in Finagle. */
const DECAY_SECONDS = 10;
/** Cost of a busy backend that has not responded yet: above any real cost. */
const UNKNOWN_COST = 1e9;

/**
 * Of two candidates picked at random, the one with the smaller latency average × (exchanges in flight + 1). A response
 * slower than the average replaces it; faster responses and elapsed time lower it, with a time constant of ten seconds.
 * O(1). Reacts to a backend that turns slow before its queue grows. Needs no weights, but mistakes heavy requests for a
 * slow backend.
 * Source: Finagle, `com.twitter.finagle.loadbalancer.PeakEwma`; linkerd's default.
 */
export class PeakEwmaPolicy implements PlacementPolicy {
  private readonly averageSeconds: Float64Array;
  private readonly updatedAt: Float64Array;

  constructor(private readonly context: PolicyContext) {
    this.averageSeconds = new Float64Array(context.table.shape.slotCount);
    this.updatedAt = new Float64Array(context.table.shape.slotCount);
  }

  choose({ fleet, positions, count }: Candidates, _demand: ResourceVector): number {
    const { random } = this.context;
    const first = Math.floor(random() * count);
    if (count === 1) return positions[first];
    const other = Math.floor(random() * (count - 1));
    const second = other < first ? other : other + 1;
    const isFirst = this.cost(fleet.slots[positions[first]]) <= this.cost(fleet.slots[positions[second]]);
    return positions[isFirst ? first : second];
  }

  observe(slot: number, latencySeconds: number): void {
    const decayFactor = this.decayFactor(slot);
    const average = this.averageSeconds[slot];
    const decayed = average * decayFactor + latencySeconds * (1 - decayFactor);
    this.averageSeconds[slot] = latencySeconds > average ? latencySeconds : decayed;
    this.updatedAt[slot] = this.context.clock();
  }

  private cost(slot: number): number {
    const active = this.context.table.active(slot);
    const average = this.averageSeconds[slot] * this.decayFactor(slot);
    return average === 0 && active > 0 ? UNKNOWN_COST + active : average * (active + 1);
  }

  private decayFactor(slot: number): number {
    return Math.exp(-(this.context.clock() - this.updatedAt[slot]) / DECAY_SECONDS);
  }
}
