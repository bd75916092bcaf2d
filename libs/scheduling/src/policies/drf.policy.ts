// `drf`: minimum drift, after Stolyar's MinDrift. Matches the shape of a demand to the shape of what is free, resource
// by resource.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { Exploration } from '../latent/exploration.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import { BacklogEstimate, type BacklogContext } from './backlog.js';
import { WeightedSampler } from './weighted-sampler.js';
import { drift } from './drift.js';
import { scoreTerms, type ScoredCandidate } from './explanation.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Up to this many candidates, all of them are scored. */
const MAX_SCANNED_CANDIDATES = 200;
/** Backends drawn per decision when there are more. */
export const DRF_CHOICES = 32;

/**
 * Places each request where `drift` over the `BacklogEstimate` is smallest. O(candidates × resources) up to
 * `maxScanned` candidates; above that O(log fleet), with {@link DRF_CHOICES} draws from a `WeightedSampler` and
 * the previous best. docs/placement.md shows what sampling costs in latency. A request that `Exploration` picks goes
 * where the fewest samples are known, O(candidates × resources).
 */
export class DrfPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();
  private readonly backlog: BacklogEstimate;
  private readonly sampler: WeightedSampler;
  private readonly exploration: Exploration | undefined;

  /** @param context `table` counts the resources that demands and fleets are given in: declared or latent ones. */
  constructor(
    context: BacklogContext & Pick<PolicyContext, 'random' | 'exploration'>,
    private readonly maxScanned = MAX_SCANNED_CANDIDATES,
  ) {
    this.backlog = new BacklogEstimate(context);
    this.sampler = new WeightedSampler(context.random);
    this.exploration = context.exploration;
  }

  choose(candidates: Candidates, demand: ResourceVector): number {
    const { backlog } = this;
    backlog.startDecision();
    const chosen =
      this.exploration?.isDue() === true
        ? this.leastKnown(candidates, demand, this.exploration)
        : this.best(candidates, demand);
    backlog.recordPlacement(candidates.fleet, chosen, demand);
    return chosen;
  }

  explain({ fleet, positions, count }: Candidates, demand: ResourceVector): ScoredCandidate[] {
    this.backlog.startDecision();
    return Array.from(positions.subarray(0, count), (position) => {
      this.backlog.estimate(fleet, position);
      return scoreTerms(this.backlog.seconds, fleet, position, demand);
    });
  }

  /** Returns the slots among which a request that explores would go, the least known first; empty: none explores. */
  explorable(candidates: Candidates, demand: ResourceVector): number[] {
    const { fleet } = candidates;
    this.backlog.startDecision();
    return this.exploration?.eligible(candidates, (position) => this.secondsAt(fleet, position, demand)) ?? [];
  }

  private best(candidates: Candidates, demand: ResourceVector): number {
    const isSampled = candidates.count > this.maxScanned;
    const chosen = isSampled ? this.bestOfSample(candidates, demand) : -1;
    // Also when no backend in the sample was a candidate.
    return chosen === -1 ? this.bestOfAll(candidates, demand) : chosen;
  }

  private leastKnown(candidates: Candidates, demand: ResourceVector, exploration: Exploration): number {
    const { fleet } = candidates;
    return exploration.choose(candidates, (position) => this.secondsAt(fleet, position, demand));
  }

  private secondsAt(fleet: FleetSnapshot, position: number, demand: ResourceVector): number {
    this.backlog.estimate(fleet, position);
    return latency(this.backlog.seconds, fleet, position, demand);
  }

  private bestOfAll({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    for (let i = 0; i < count; i++) this.offer(fleet, positions[i], demand);
    return this.argMin.pop();
  }

  private bestOfSample(candidates: Candidates, demand: ResourceVector): number {
    const { sampler } = this;
    const { fleet } = candidates;
    sampler.useFleet(fleet);
    for (let i = 0; i < DRF_CHOICES; i++) {
      const position = sampler.draw();
      if (candidates.has(position)) this.offer(fleet, position, demand);
    }
    const lastBest = sampler.lastBest(demand);
    if (lastBest !== -1 && candidates.has(lastBest)) this.offer(fleet, lastBest, demand);
    const best = this.argMin.pop();
    sampler.recordBest(demand, best);
    return best;
  }

  private offer(fleet: FleetSnapshot, position: number, demand: ResourceVector): void {
    this.backlog.estimate(fleet, position);
    this.argMin.offer(position, drift(this.backlog.seconds, fleet, position, demand));
  }
}

/** The seconds that a request takes on a backend if it is served after what is there: Σ T + w over the resources it needs. */
function latency(
  backlogSeconds: ArrayLike<number>,
  fleet: FleetSnapshot,
  position: number,
  demand: ResourceVector,
): number {
  let seconds = 0;
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] === 0) continue;
    seconds += backlogSeconds[r] + demand[r] * fleet.inverseCapacity[position * demand.length + r];
  }
  return seconds;
}
