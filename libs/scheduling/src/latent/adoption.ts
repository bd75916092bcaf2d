// What other learners believe, as a prior of this one.
import { median } from '../median.js';
import type { LatentFactors, LatentShape } from './latent-factors.js';
import type { LatentTable } from './latent-table.js';
import type { Prior } from './multiplicative-update.js';
import { commonBasis, scaleOf, type Pair } from './sharing/basis.js';

/** Largest weight of what a table says of a class or a machine, in own samples: it may be wrong. */
export const MAX_ADOPTED_SAMPLES = 50;
/** Own samples of a class or a machine after which what was adopted of it has half its weight. */
const HALF_LIFE = 50;
/** No entry below this is believed. */
export const MIN_ADOPTED_ENTRY = 1e-12;
/** No entry above this is believed. */
export const MAX_ADOPTED_ENTRY = 1e12;
/** An adopted class or machine is at most this multiple of the median of its kind, and at least the inverse. */
const MAX_CLASS_SPREAD = 1e4;
const MAX_MACHINE_SPREAD = 100;
/**
 * How far an adopted entry may be from one's own, in logarithms: this number of standard errors, which are 1/√n with n own
 * samples, and never more than {@link MAX_LOG_DIFFERENCE}.
 */
const MAX_STANDARD_ERRORS = 4;
const MAX_LOG_DIFFERENCE = Math.log(8);

/** What can be adopted: a table of the same shape, in which classes and machines have the same numbers. */
export type SharedTable = Pick<LatentTable, 'rank' | 'demand' | 'slowness' | 'classSamples' | 'slotSamples' | 'shape'>;

/** What is known already, and from how many samples. */
type Known = Pick<LatentFactors, 'demand' | 'slowness' | 'classSamples' | 'slotSamples'>;

/** The beliefs of one table, for a model of its rank. */
export class Adoption {
  readonly rank: number;
  private readonly demand: Belief;
  private readonly slowness: Belief;

  /** @param order this learner's latent resource r is the table's `order[r]`. */
  constructor(table: SharedTable, order: readonly number[] = sameOrder(table.rank)) {
    const { rank, shape } = table;
    this.rank = rank;
    this.demand = new Belief(table.demand, table.classSamples, order, shape.rankLimit);
    this.slowness = new Belief(table.slowness, table.slotSamples, order, shape.rankLimit);
    this.demand.limitSpread(MAX_CLASS_SPREAD);
    this.slowness.limitSpread(MAX_MACHINE_SPREAD);
  }

  /** Adopts a table beside what is known already; undefined: they have too little in common. An empty table always fits. */
  static alignedTo(own: Known, table: SharedTable): Adoption | undefined {
    const isEmpty = [table.classSamples, table.slotSamples].every((samples) => samples.every((count) => count === 0));
    if (isEmpty) return new Adoption(table);
    const basis = commonBasis(new Adoption(table).overlapWith(own), table.rank);
    return basis && new Adoption(table, basis.order);
  }

  /** What is left of it as priors beside own factors, in their scale; `declared` has those of all that was not adopted. */
  beliefsFor(
    own: LatentFactors,
    declared: { readonly demandPrior?: Prior; readonly slownessPrior?: Prior },
  ): { readonly demandPrior: Prior; readonly slownessPrior: Prior } {
    this.useScaleOf(own);
    return {
      demandPrior: this.demand.beside(own.demand, own.classSamples, declared.demandPrior),
      slownessPrior: this.slowness.beside(own.slowness, own.slotSamples, declared.slownessPrior),
    };
  }

  /** Writes what is believed into factors without samples. */
  write(factors: LatentFactors): void {
    this.demand.write(factors.demand);
    this.slowness.write(factors.slowness);
  }

  /** Adds to a table of own factors the values of all without own samples, and how many samples what was adopted weighs as. */
  addTo(table: LatentTable, own: LatentFactors): void {
    this.useScaleOf(own);
    this.demand.addTo(table.demand, table.classSamples, table.adoptedClassSamples);
    this.slowness.addTo(table.slowness, table.slotSamples, table.adoptedSlotSamples);
  }

  /** Forgets a class whose number will be reused. */
  forgetClass(classId: number): void {
    this.demand.weights[classId] = 0;
  }

  /** Forgets a machine whose slot will be reused. */
  forgetSlot(slot: number): void {
    this.slowness.weights[slot] = 0;
  }

  /** The scale of own factors changes with the machines that have samples. */
  private useScaleOf(own: LatentFactors): void {
    const overlap = this.overlapWith(own);
    if (overlap.classes.length + overlap.machines.length === 0) return;
    scaleOf(overlap, sameOrder(this.rank)).forEach((factor, r) => {
      this.slowness.multiply(r, factor);
      this.demand.multiply(r, 1 / factor);
    });
  }

  private overlapWith(own: Known): { readonly classes: Pair[]; readonly machines: Pair[] } {
    return {
      classes: this.demand.pairsWith(own.demand, own.classSamples),
      machines: this.slowness.pairsWith(own.slowness, own.slotSamples),
    };
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

class Belief {
  /** How many samples each entry weighs as much as, at most. */
  readonly weights: Float64Array;
  private readonly values: Float64Array;
  private readonly rank: number;

  constructor(
    values: Float64Array,
    samples: Float64Array,
    order: readonly number[],
    private readonly rankLimit: number,
  ) {
    this.rank = order.length;
    this.values = new Float64Array(values.length);
    this.weights = samples.map((count, index) => {
      const entries = order.map((from) => values[index * rankLimit + from]);
      const isSound = count > 0 && entries.every((entry) => entry >= MIN_ADOPTED_ENTRY && entry <= MAX_ADOPTED_ENTRY);
      if (!isSound) return 0;
      this.values.set(entries, index * rankLimit);
      return Math.min(MAX_ADOPTED_SAMPLES, count);
    });
  }

  /** Brings entries that are far from the median of all nearer to it. */
  limitSpread(most: number): void {
    const known = Array.from(this.weights.keys()).filter((index) => this.weights[index] > 0);
    for (let r = 0; r < this.rank; r++) {
      const usual = Math.exp(median(known.map((index) => Math.log(this.values[index * this.rankLimit + r]))));
      for (const index of known) {
        const at = index * this.rankLimit + r;
        this.values[at] = within(this.values[at], usual / most, usual * most);
      }
    }
  }

  /** As a prior of entries that have own samples; `rest` is that of those of which nothing was adopted. */
  beside(own: Float64Array, ownSamples: Float64Array, rest: Prior | undefined): Prior {
    const values = rest?.values.slice() ?? new Float64Array(own.length);
    const weights = rest?.weights.slice() ?? new Float64Array(ownSamples.length);
    this.weights.forEach((weight, index) => {
      if (weight === 0) return;
      weights[index] = weight * fading(ownSamples[index]);
      const limit = Math.exp(Math.min(MAX_LOG_DIFFERENCE, MAX_STANDARD_ERRORS / Math.sqrt(ownSamples[index])));
      for (let r = 0; r < this.rank; r++) {
        const at = index * this.rankLimit + r;
        const isBounded = ownSamples[index] > 0;
        values[at] = isBounded ? within(this.values[at], own[at] / limit, own[at] * limit) : this.values[at];
      }
    });
    return { values, weights };
  }

  /** Multiplies what is believed of a latent resource. */
  multiply(r: number, factor: number): void {
    for (let at = r; at < this.values.length; at += this.rankLimit) {
      if (this.values[at] > 0) this.values[at] = within(this.values[at] * factor, MIN_ADOPTED_ENTRY, MAX_ADOPTED_ENTRY);
    }
  }

  pairsWith(own: Float64Array, ownSamples: Float64Array): Pair[] {
    const pairs: Pair[] = [];
    this.weights.forEach((weight, index) => {
      if (weight === 0 || ownSamples[index] === 0) return;
      const part = (entries: Float64Array) =>
        entries.subarray(index * this.rankLimit, index * this.rankLimit + this.rank);
      pairs.push({ own: part(own), other: part(this.values), weight: Math.min(weight, ownSamples[index]) });
    });
    return pairs;
  }

  write(entries: Float64Array): void {
    this.weights.forEach((weight, index) => {
      if (weight > 0) this.writeEntry(index, entries);
    });
  }

  addTo(entries: Float64Array, samples: Float64Array, adopted: Float64Array): void {
    this.weights.forEach((weight, index) => {
      if (weight === 0) return;
      if (samples[index] === 0) this.writeEntry(index, entries);
      adopted[index] = weight * fading(samples[index]);
      samples[index] += adopted[index];
    });
  }

  private writeEntry(index: number, entries: Float64Array): void {
    const first = index * this.rankLimit;
    entries.set(this.values.subarray(first, first + this.rank), first);
  }
}

function sameOrder(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, r) => r);
}

/** What is left of the weight of an entry that has own samples. */
function fading(ownSamples: number): number {
  return 2 ** (-ownSamples / HALF_LIFE);
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
