// Picks a few backends to score, where scoring all of them would take too long.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { Random } from '../clock-and-random.js';
import { AliasTable } from './alias-table.js';
import { weightOf } from './weight.js';

/** Number of request shapes for which the best backend is remembered. */
const SHAPE_COUNT = 16;

/**
 * Draws backends at random in proportion to their size, and remembers which one was best for the last request of each
 * shape. Random choices alone are not throughput-optimal on mixed fleets; with a memory of the
 * best choice they are (Shah and Prabhakar, "The use of memory in randomized load balancing", 2002).
 */
export class WeightedSampler {
  private readonly bestOfShape = new Int32Array(SHAPE_COUNT).fill(-1);
  private fleet: FleetSnapshot | undefined;
  private table = new AliasTable(new Float64Array(1));

  constructor(private readonly random: Random) {}

  /** Prepares draws from `fleet`: O(fleet) for a new snapshot, O(1) for the same one. */
  useFleet(fleet: FleetSnapshot): void {
    if (fleet === this.fleet) return;
    this.fleet = fleet;
    this.bestOfShape.fill(-1);
    this.table = new AliasTable(Float64Array.from(fleet.slots, (_, position) => weightOf(fleet, position)));
  }

  /** Returns the position of a random backend, which may not be a candidate. */
  draw(): number {
    return this.table.draw(this.random);
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
