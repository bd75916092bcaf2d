// Picks a few backends to score, where scoring all of them would take too long.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { Random } from '../clock-and-random.js';
import { weightOf } from './weight.js';

/** Number of request shapes for which the best backend is remembered. */
const SHAPE_COUNT = 16;

/**
 * Draws backends at random in proportion to their size, and remembers which one was best for the last request of each
 * shape. O(log fleet) per draw. Random choices alone are not throughput-optimal on mixed fleets; with a memory of the
 * best choice they are (Shah and Prabhakar, "The use of memory in randomized load balancing", 2002).
 */
export class WeightedSampler {
  private readonly bestOfShape = new Int32Array(SHAPE_COUNT).fill(-1);
  private fleet: FleetSnapshot | undefined;
  /** Cumulative weight by position, including this position's own. */
  private cumulativeWeights = new Float64Array(0);

  constructor(private readonly random: Random) {}

  /** Prepares draws from `fleet`: O(fleet) for a new snapshot, O(1) for the same one. */
  useFleet(fleet: FleetSnapshot): void {
    if (fleet === this.fleet) return;
    this.fleet = fleet;
    this.bestOfShape.fill(-1);
    this.cumulativeWeights = new Float64Array(fleet.size);
    let sum = 0;
    for (let position = 0; position < fleet.size; position++) {
      sum += weightOf(fleet, position);
      this.cumulativeWeights[position] = sum;
    }
  }

  /** Returns the position of a random backend, which may not be a candidate. */
  draw(): number {
    const { cumulativeWeights } = this;
    const target = this.random() * cumulativeWeights[cumulativeWeights.length - 1];
    let low = 0;
    let high = cumulativeWeights.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulativeWeights[middle] <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns the best position for the last request of this shape, or -1 when this fleet has had none. */
  lastBest(demand: ResourceVector): number {
    return this.bestOfShape[shapeOf(demand)];
  }

  /** Remembers the best position for requests of this shape. */
  recordBest(demand: ResourceVector, position: number): void {
    this.bestOfShape[shapeOf(demand)] = position;
  }
}

/**
 * Returns the shape of a request. Two requests share a shape when log2 of the ratio of their first two resources has
 * the same integer part.
 */
function shapeOf(demand: ResourceVector): number {
  if (demand.length < 2 || demand[0] + demand[1] === 0) return 0;
  const doublings = Math.floor(Math.log2(demand[0] / demand[1]));
  return Math.min(SHAPE_COUNT, Math.max(1, doublings + SHAPE_COUNT / 2)) - 1;
}
