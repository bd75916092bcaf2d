// `drf`: minimum drift, after Stolyar's MinDrift. Matches the shape of a demand to the shape of what is free, resource
// by resource.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { Exploration } from '../latent/exploration.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import { BacklogEstimate, type BacklogContext } from './backlog.js';
import { WeightedSampler } from './weighted-sampler.js';
import { scoreTerms, type ScoredCandidate } from './explanation.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';

/** Up to this many candidates, all of them are scored. */
const MAX_SCANNED_CANDIDATES = 200;
/** Backends drawn per decision when there are more. */
export const DRF_CHOICES = 32;

/**
 * Places each request where `drift` over the `BacklogEstimate` is smallest. O(candidates × resources) up to
 * `maxScanned` candidates; above that O(1), with {@link DRF_CHOICES} draws from a `WeightedSampler` and
 * the previous best. docs/placement.md shows what sampling costs in latency. A request that `Exploration` picks goes
 * where the fewest samples are known, O(candidates × resources).
 */
export class DrfPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();
  private readonly backlog: BacklogEstimate;
  private readonly sampler: WeightedSampler;
  /** Positions of the sample. */
  private readonly drawn = new Int32Array(DRF_CHOICES + 1);
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
    const { backlog } = this;
    backlog.startDecision();
    backlog.estimate(fleet, positions, count, demand);
    return Array.from(positions.subarray(0, count), (position) => {
      const backlogSeconds = Array.from(demand, (_, r) => backlog.secondsAt(fleet, position, r));
      return scoreTerms(backlogSeconds, fleet, position, demand);
    });
  }

  /** Returns the slots among which a request that explores would go, the least known first; empty: none explores. */
  explorable(candidates: Candidates, demand: ResourceVector): number[] {
    this.backlog.startDecision();
    return this.exploration?.eligible(candidates, this.latencies(candidates, demand)) ?? [];
  }

  private leastKnown(candidates: Candidates, demand: ResourceVector, exploration: Exploration): number {
    return exploration.choose(candidates, this.latencies(candidates, demand));
  }

  /** Returns what the request takes on a candidate, by its index, if it is served after what is there: Σ T + w, seconds. */
  private latencies({ fleet, positions, count }: Candidates, demand: ResourceVector): (i: number) => number {
    const { backlog } = this;
    backlog.estimate(fleet, positions, count, demand);
    return (i) => {
      const position = positions[i];
      let seconds = 0;
      for (let r = 0; r < demand.length; r++) {
        if (demand[r] === 0) continue;
        const work = demand[r] * fleet.inverseCapacity[position * demand.length + r];
        seconds += backlog.secondsAt(fleet, position, r) + work;
      }
      return seconds;
    };
  }

  private best(candidates: Candidates, demand: ResourceVector): number {
    const { fleet, positions, count } = candidates;
    const chosen = count > this.maxScanned ? this.bestOfSample(candidates, demand) : -1;
    // Also when no backend in the sample was a candidate.
    return chosen === -1 ? this.bestOf(fleet, positions, count, demand) : chosen;
  }

  private bestOfSample(candidates: Candidates, demand: ResourceVector): number {
    const { sampler, drawn } = this;
    const { fleet } = candidates;
    sampler.useFleet(fleet);
    let count = 0;
    for (let i = 0; i < DRF_CHOICES; i++) {
      const position = sampler.draw();
      if (candidates.has(position)) drawn[count++] = position;
    }
    const lastBest = sampler.lastBest(demand);
    if (lastBest !== -1 && candidates.has(lastBest)) drawn[count++] = lastBest;
    const best = this.bestOf(fleet, drawn, count, demand);
    sampler.recordBest(demand, best);
    return best;
  }

  /** The best of the first `count` of `positions`; -1 without any. */
  private bestOf(fleet: FleetSnapshot, positions: Int32Array, count: number, demand: ResourceVector): number {
    const { backlog, argMin } = this;
    backlog.estimate(fleet, positions, count, demand);
    for (let i = 0; i < count; i++) argMin.offer(positions[i], backlog.drifts[i]);
    return argMin.pop();
  }
}
