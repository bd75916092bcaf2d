// How the factors of two learners are compared: they agree only up to the order and the scale of the latent resources.
import { median } from '../../median.js';
import { bestOrder } from '../alignment.js';
import { LatentFactors } from '../latent-factors.js';

/** What two learners believe of one class or machine, by latent resource. */
export interface Pair {
  readonly own: ArrayLike<number>;
  readonly other: ArrayLike<number>;
  /** The smaller of their samples. */
  readonly weight: number;
}

/** The classes and the machines that both know. */
export interface Overlap {
  readonly classes: readonly Pair[];
  readonly machines: readonly Pair[];
}

/** How another learner's factors become comparable with one's own. */
export interface Basis {
  /** Own latent resource r is the other's `order[r]`. */
  readonly order: readonly number[];
  /** What the other's slowness is multiplied by, and its demand divided by; by own latent resource. */
  readonly scale: readonly number[];
}

/** With fewer classes and machines in common, it is not clear how the latent resources of two learners correspond. */
const MIN_OVERLAP = 4;
/** Largest number of classes, and of machines, that agreement and order are judged by: those with the most samples. */
const MAX_JUDGES = 16;
/** Two learners agree on a class and a machine if the work they see there differs by at most this factor. */
const MAX_DIFFERENCE = 8;

/**
 * Finds the common basis of two learners with models of the same rank; undefined: they have too little in common, or
 * disagree on most of it. O(classes + machines), and rank!.
 */
export function commonBasis(overlap: Overlap, rank: number): Basis | undefined {
  const { classes, machines } = overlap;
  if (classes.length === 0 || machines.length === 0 || classes.length + machines.length < MIN_OVERLAP) return undefined;
  const judges = { classes: strongest(classes), machines: strongest(machines) };
  if (!isAgreed(judges, rank)) return undefined;
  const order = bestOrder(factorsOf(judges, 'other', rank), factorsOf(judges, 'own', rank));
  return { order, scale: scaleOf(overlap, order) };
}

/**
 * What the other's slowness has to be multiplied by to have one's own scale: the median of what each class and each machine
 * suggests, so that a few wrong ones do not decide.
 */
export function scaleOf({ classes, machines }: Overlap, order: readonly number[]): number[] {
  return order.map((from, r) => {
    const slower = machines.map(({ own, other }) => Math.log(own[r] / other[from]));
    const cheaper = classes.map(({ own, other }) => Math.log(other[from] / own[r]));
    return Math.exp(median([...slower, ...cheaper]));
  });
}

function strongest(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.toSorted((a, b) => b.weight - a.weight).slice(0, MAX_JUDGES);
}

/** Whether both see about the same work in at least half of the cases. */
function isAgreed({ classes, machines }: Overlap, rank: number): boolean {
  let agreed = 0;
  for (const demand of classes) {
    for (const slowness of machines) {
      let [own, other] = [0, 0];
      for (let r = 0; r < rank; r++) {
        own += demand.own[r] * slowness.own[r];
        other += demand.other[r] * slowness.other[r];
      }
      if (own <= MAX_DIFFERENCE * other && other <= MAX_DIFFERENCE * own) agreed++;
    }
  }
  return 2 * agreed >= classes.length * machines.length;
}

function factorsOf({ classes, machines }: Overlap, side: 'own' | 'other', rank: number): LatentFactors {
  const shape = { classCount: classes.length, slotCount: machines.length, rankLimit: rank };
  const factors = new LatentFactors(shape, rank);
  const fill = (entries: Float64Array, pairs: readonly Pair[]) =>
    pairs.forEach((pair, index) => {
      for (let r = 0; r < rank; r++) entries[index * rank + r] = pair[side][r];
    });
  fill(factors.demand, classes);
  fill(factors.slowness, machines);
  factors.classSamples.fill(1);
  factors.slotSamples.fill(1);
  return factors;
}
