// A few backends to look at, where looking at everyone would take too long.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { Random } from '../clock-and-random.js';
import { weightOf } from './weight.js';

/** Shapes of requests told apart when the best backend is remembered. */
const SHAPES = 16;

/**
 * Draws backends at random, as likely as they are large, and remembers which one was best for the last request of each
 * shape. A draw takes O(log fleet). A few random choices alone are not throughput-optimal on mixed fleets; with a memory
 * of the best they are (Shah and Prabhakar, "The use of memory in randomized load balancing", 2002).
 */
export class WeightedSampler {
  private readonly bestOfShape = new Int32Array(SHAPES).fill(-1);
  private fleet: FleetSnapshot | undefined;
  /** Weights of the positions up to and including this one. */
  private cumulated = new Float64Array(0);

  constructor(private readonly random: Random) {}

  /** Makes ready to draw from `fleet`: O(fleet) the first time, nothing afterwards. */
  from(fleet: FleetSnapshot): void {
    if (fleet === this.fleet) return;
    this.fleet = fleet;
    this.bestOfShape.fill(-1);
    this.cumulated = new Float64Array(fleet.size);
    let sum = 0;
    for (let position = 0; position < fleet.size; position++) {
      sum += weightOf(fleet, position);
      this.cumulated[position] = sum;
    }
  }

  /** The position of a random backend, whether or not it is a candidate. */
  draw(): number {
    const { cumulated } = this;
    const target = this.random() * cumulated[cumulated.length - 1];
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle] <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The position that was best for the last request of this shape; -1 when there was none in this fleet. */
  lastBest(demand: ResourceVector): number {
    return this.bestOfShape[shapeOf(demand)];
  }

  remember(demand: ResourceVector, position: number): void {
    this.bestOfShape[shapeOf(demand)] = position;
  }
}

/** Requests are of one shape when the ratio of their first two resources lies in the same doubling. */
function shapeOf(demand: ResourceVector): number {
  if (demand.length < 2 || demand[0] + demand[1] === 0) return 0;
  const doublings = Math.floor(Math.log2(demand[0] / demand[1]));
  return Math.min(SHAPES, Math.max(1, doublings + SHAPES / 2)) - 1;
}
