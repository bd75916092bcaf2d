// `drf`: the smallest drift. Weighs what a request needs against what each backend has left, resource by resource.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import { BacklogEstimate } from './backlog.js';
import { WeightedSampler } from './weighted-sampler.js';
import { drift } from './drift.js';
import { scoreTerms, type ScoredCandidate } from './explanation.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Up to this many candidates everyone is looked at. */
const EVERYONE_UP_TO = 200;
/** Backends drawn where that would be too many. */
export const DRF_CHOICES = 32;

/**
 * Places each request where {@link drift} over the {@link BacklogEstimate} is smallest. O(candidates × resources) up to
 * `everyoneUpTo` candidates; beyond, O(log fleet) with {@link DRF_CHOICES} draws from a {@link WeightedSampler} and the
 * last best. What sampling costs in latency is measured in docs/placement.md.
 */
export class DrfPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();
  private readonly backlog: BacklogEstimate;
  private readonly sample: WeightedSampler;

  constructor(
    context: PolicyContext,
    private readonly everyoneUpTo = EVERYONE_UP_TO,
  ) {
    this.backlog = new BacklogEstimate(context);
    this.sample = new WeightedSampler(context.random);
  }

  choose(candidates: Candidates, demand: ResourceVector): number {
    const { backlog } = this;
    backlog.begin();
    const isSampled = candidates.count > this.everyoneUpTo;
    let chosen = isSampled ? this.bestOfSample(candidates, demand) : -1;
    // Also when nobody in the sample was a candidate.
    if (chosen === -1) chosen = this.bestOfAll(candidates, demand);
    backlog.place(candidates.fleet, chosen, demand);
    return chosen;
  }

  explain({ fleet, positions, count }: Candidates, demand: ResourceVector): ScoredCandidate[] {
    this.backlog.begin();
    return Array.from(positions.subarray(0, count), (position) => {
      this.backlog.look(fleet, position);
      return scoreTerms(this.backlog.seconds, fleet, position, demand);
    });
  }

  private bestOfAll({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    for (let i = 0; i < count; i++) this.offer(fleet, positions[i], demand);
    return this.argMin.pop();
  }

  private bestOfSample(candidates: Candidates, demand: ResourceVector): number {
    const { sample } = this;
    const { fleet } = candidates;
    sample.from(fleet);
    for (let i = 0; i < DRF_CHOICES; i++) {
      const position = sample.draw();
      if (candidates.has(position)) this.offer(fleet, position, demand);
    }
    const lastBest = sample.lastBest(demand);
    if (lastBest !== -1 && candidates.has(lastBest)) this.offer(fleet, lastBest, demand);
    const best = this.argMin.pop();
    sample.remember(demand, best);
    return best;
  }

  private offer(fleet: FleetSnapshot, position: number, demand: ResourceVector): void {
    this.backlog.look(fleet, position);
    this.argMin.offer(position, drift(this.backlog.seconds, fleet, position, demand));
  }
}
