// What another learner believes, as the start of this one.
import type { LatentFactors, LatentShape } from './latent-factors.js';
import type { LatentTable } from './latent-table.js';
import type { Prior } from './multiplicative-update.js';

/** Largest weight of what a table says of a class or a machine, in own samples: it may be wrong. */
const MAX_ADOPTED_SAMPLES = 50;
/** Own samples after which what was adopted has half its weight. */
const HALF_LIFE = 1000;
/** An entry beyond these bounds is not believed. */
const MIN_ENTRY = 1e-12;
const MAX_ENTRY = 1e12;

/** What can be adopted: a table of the same shape, in which classes and machines have the same numbers. */
export type SharedTable = Pick<
  LatentTable,
  'model' | 'rank' | 'demand' | 'slowness' | 'classSamples' | 'slotSamples' | 'shape'
>;

/** The beliefs of one table, for a model of its rank. */
export class Adoption {
  readonly rank: number;
  private readonly demand: Belief;
  private readonly slowness: Belief;

  constructor(table: SharedTable) {
    const { rank, shape } = table;
    this.rank = rank;
    this.demand = new Belief(table.demand, table.classSamples, rank, shape.rankLimit);
    this.slowness = new Belief(table.slowness, table.slotSamples, rank, shape.rankLimit);
  }

  /** What is left of it after a number of own samples. */
  beliefsAfter(samples: number): { readonly demandPrior: Prior; readonly slownessPrior: Prior } {
    const part = 2 ** (-samples / HALF_LIFE);
    return { demandPrior: this.demand.times(part), slownessPrior: this.slowness.times(part) };
  }

  /** Writes what is believed into factors, and how many samples it weighs as much as. */
  write(factors: LatentFactors): void {
    this.demand.write(factors.demand);
    this.slowness.write(factors.slowness);
    factors.classSamples.set(this.demand.weights);
    factors.slotSamples.set(this.slowness.weights);
  }
}

/** Whether a table fits a learner of this shape. */
export function isAdoptable(
  { rank, demand, slowness, shape: from, ...rest }: SharedTable,
  shape: LatentShape,
): boolean {
  return (
    from.classCount === shape.classCount &&
    from.slotCount === shape.slotCount &&
    from.rankLimit === shape.rankLimit &&
    rank >= 1 &&
    rank <= shape.rankLimit &&
    demand.length === shape.classCount * shape.rankLimit &&
    slowness.length === shape.slotCount * shape.rankLimit &&
    rest.classSamples.length === shape.classCount &&
    rest.slotSamples.length === shape.slotCount
  );
}

class Belief implements Prior {
  readonly weights: Float64Array;

  constructor(
    readonly values: Float64Array,
    samples: Float64Array,
    private readonly rank: number,
    private readonly rankLimit: number,
  ) {
    this.weights = samples.map((count, index) => {
      const entries = values.subarray(index * rankLimit, index * rankLimit + rank);
      const isSound = count > 0 && entries.every((entry) => entry >= MIN_ENTRY && entry <= MAX_ENTRY);
      return isSound ? Math.min(MAX_ADOPTED_SAMPLES, count) : 0;
    });
  }

  times(part: number): Prior {
    return { values: this.values, weights: this.weights.map((weight) => part * weight) };
  }

  write(entries: Float64Array): void {
    this.weights.forEach((weight, index) => {
      if (weight === 0) return;
      const first = index * this.rankLimit;
      entries.set(this.values.subarray(first, first + this.rank), first);
    });
  }
}
