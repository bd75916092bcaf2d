// `drf-sampled`: the smallest drift among a few backends, for fleets too large to look at everyone.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { Smallest } from '../smallest.js';
import { BacklogEstimate } from './backlog.js';
import { drift } from './drf.policy.js';
import type { PlacementPolicy, PolicyContext } from './policy.js';
import { weightOf } from './weight.js';

/** Up to this many candidates everyone is looked at. */
const FEW = 100;
/** Backends drawn for one request. */
const CHOICES = 32;
/** Shapes of requests told apart when the best backend is remembered. */
const SHAPES = 16;

/**
 * The smallest drift among 32 candidates drawn at random, as likely as they are large, and the backend that was best for
 * the last request of this shape. Draws take O(log fleet), nothing else grows with it. Random choices alone are not
 * throughput-optimal on mixed fleets; with a memory of the best they are (Shah and Prabhakar, "The use of memory in
 * randomized load balancing", 2002). Its loss against `drf` is measured in docs/placement.md.
 */
export class DrfSampledPolicy implements PlacementPolicy {
  private readonly smallest = new Smallest();
  private readonly backlog: BacklogEstimate;
  private readonly bestOfShape = new Int32Array(SHAPES).fill(-1);
  private fleet: FleetSnapshot | undefined;
  /** Weights of the positions up to and including this one. */
  private cumulated = new Float64Array(0);

  constructor(private readonly context: PolicyContext) {
    this.backlog = new BacklogEstimate(context);
  }

  choose(candidates: Candidates, demand: ResourceVector): number {
    const { fleet, positions, count } = candidates;
    if (fleet !== this.fleet) this.meet(fleet);
    const shape = shapeOf(demand);
    const lastBest = this.bestOfShape[shape];
    this.backlog.begin();
    if (count > FEW) {
      for (let i = 0; i < CHOICES; i++) this.offer(candidates, this.draw(), demand);
      if (lastBest !== -1) this.offer(candidates, lastBest, demand);
    }
    let best = this.smallest.take();
    if (best === -1) {
      for (let i = 0; i < count; i++) this.offer(candidates, positions[i], demand);
      best = this.smallest.take();
    }
    this.backlog.place(fleet, best, demand);
    this.bestOfShape[shape] = best;
    return best;
  }

  private offer(candidates: Candidates, position: number, demand: ResourceVector): void {
    if (!candidates.has(position)) return;
    this.backlog.look(candidates.fleet, position);
    this.smallest.offer(position, drift(this.backlog.seconds, candidates.fleet, position, demand));
  }

  private meet(fleet: FleetSnapshot): void {
    this.fleet = fleet;
    this.bestOfShape.fill(-1);
    this.cumulated = new Float64Array(fleet.size);
    let sum = 0;
    for (let position = 0; position < fleet.size; position++) {
      sum += weightOf(fleet, position);
      this.cumulated[position] = sum;
    }
  }

  /** A random position, as likely as it is large. */
  private draw(): number {
    const { cumulated } = this;
    const target = this.context.random() * cumulated[cumulated.length - 1];
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle] <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Requests are of one shape when the ratio of their first two resources lies in the same doubling. */
function shapeOf(demand: ResourceVector): number {
  if (demand.length < 2 || demand[0] + demand[1] === 0) return 0;
  const doublings = Math.floor(Math.log2(demand[0] / demand[1]));
  return Math.min(SHAPES, Math.max(1, doublings + SHAPES / 2)) - 1;
}
