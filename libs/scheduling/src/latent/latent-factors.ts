// The low-rank model of classes and machines: what a class needs of each latent resource, and how slow a machine is at it.
import type { Random } from '../clock-and-random.js';
import type { SampleStore } from './sample-store.js';

/** The dimensions of a model. */
export interface LatentShape {
  /** Maximum number of classes; their numbers are smaller. */
  readonly classCount: number;
  /** Maximum number of machines; their slots are smaller. */
  readonly slotCount: number;
  /** Maximum number of latent resources, at most {@link MAX_RANK_LIMIT}. The stride of arrays by class or machine. */
  readonly rankLimit: number;
}

/** The largest `rankLimit`. */
export const MAX_RANK_LIMIT = 8;
/** The most by which {@link LatentFactors.scatter} changes an entry, in logarithms. */
const SPREAD = 0.5;

/**
 * D and G of the model: a request of class k on machine s has w_r = D_kr · G_sr seconds of work for latent resource r.
 * Only the products mean anything; the scale of a resource is a convention. All entries are finite and above 0.
 */
export class LatentFactors {
  /** D, units, at `classId * rankLimit + r`. */
  readonly demand: Float64Array;
  /** G, seconds per unit, at `slot * rankLimit + r`. */
  readonly slowness: Float64Array;
  /** Weight of the samples behind each class and each machine. */
  readonly classSamples: Float64Array;
  readonly slotSamples: Float64Array;
  /** Mean deviance of the samples: see {@link deviance}. Infinity: not fitted. */
  loss = Infinity;

  /** @param rank number of latent resources in use; the others have no meaning. */
  constructor(
    readonly shape: LatentShape,
    readonly rank: number,
  ) {
    this.demand = new Float64Array(shape.classCount * shape.rankLimit).fill(1 / rank);
    this.slowness = new Float64Array(shape.slotCount * shape.rankLimit).fill(1);
    this.classSamples = new Float64Array(shape.classCount);
    this.slotSamples = new Float64Array(shape.slotCount);
  }

  /** An independent copy. */
  copy(): LatentFactors {
    const copy = new LatentFactors(this.shape, this.rank);
    copy.demand.set(this.demand);
    copy.slowness.set(this.slowness);
    copy.classSamples.set(this.classSamples);
    copy.slotSamples.set(this.slotSamples);
    copy.loss = this.loss;
    return copy;
  }

  /**
   * Gives each class its mean attained service, which is latency divided by the number of requests present, as demand: an
   * equal part of each resource. A class with few samples is drawn towards the mean of all. Slowness stays as it is.
   */
  setMeanWork(samples: SampleStore): void {
    const { sums, counts, mean } = this.attainedService(samples);
    if (!(mean > 0)) return;
    for (let k = 0; k < sums.length; k++) this.setDemand(k, (sums[k] + mean) / (counts[k] + 1));
  }

  /** Gives all classes the same demand: the mean attained service of all requests. */
  setSameWork(samples: SampleStore): void {
    const { sums, mean } = this.attainedService(samples);
    if (!(mean > 0)) return;
    for (let k = 0; k < sums.length; k++) this.setDemand(k, mean);
  }

  /** Multiplies each entry by a random factor. */
  scatter(random: Random): void {
    for (const entries of [this.demand, this.slowness]) {
      for (let at = 0; at < entries.length; at++) entries[at] *= Math.exp(SPREAD * (2 * random() - 1));
    }
  }

  /** Whether there are samples of more than one class, and of more than one machine. */
  get isPlural(): boolean {
    return [this.classSamples, this.slotSamples].every((samples) => samples.filter((each) => each > 0).length > 1);
  }

  /** Copies the weight of the samples behind each class and machine. */
  takeSampleCounts({ classSamples, slotSamples }: Pick<LatentFactors, 'classSamples' | 'slotSamples'>): void {
    this.classSamples.set(classSamples);
    this.slotSamples.set(slotSamples);
  }

  /** Makes a machine whose slot will be reused as slow as the usual one. */
  forgetSlot(slot: number): void {
    this.slotSamples[slot] = 0;
    this.setUsual(slot, () => 1);
  }

  /** Sets a machine's slowness to the geometric mean of the machines with samples, times `ratioOf(r)` at latent resource r. */
  setUsual(slot: number, ratioOf: (r: number) => number): void {
    const { slowness, slotSamples, shape } = this;
    setMean(slowness, slot, slotSamples, shape.rankLimit, ratioOf);
  }

  /** Makes a class whose number will be reused need what the usual one does. */
  forgetClass(classId: number): void {
    this.classSamples[classId] = 0;
    setMean(this.demand, classId, this.classSamples, this.shape.rankLimit, () => 1);
  }

  /** Returns the work of one request of a class at latent resource `r` of a machine, seconds. */
  workSeconds(classId: number, slot: number, r: number): number {
    const { rankLimit } = this.shape;
    return this.demand[classId * rankLimit + r] * this.slowness[slot * rankLimit + r];
  }

  private setDemand(classId: number, units: number): void {
    for (let r = 0; r < this.rank; r++) this.demand[classId * this.shape.rankLimit + r] = units / this.rank;
  }

  /** The service of the samples in units of demand: by class, and the mean of all. */
  private attainedService(samples: SampleStore): { sums: Float64Array; counts: Float64Array; mean: number } {
    const { classCount, rankLimit } = this.shape;
    const sums = new Float64Array(classCount);
    const counts = new Float64Array(classCount);
    for (let at = 0; at < samples.count; at++) {
      if (samples.isValid[at] === 0) continue;
      let slowness = 0;
      for (let r = 0; r < this.rank; r++) slowness += this.slowness[samples.slots[at] * rankLimit + r] / this.rank;
      sums[samples.classIds[at]] += samples.seconds[at] / (1 + samples.others[at]) / slowness;
      counts[samples.classIds[at]]++;
    }
    return { sums, counts, mean: sumOf(sums) / Math.max(1, sumOf(counts)) };
  }
}

/**
 * The deviance of a gamma-distributed value from its prediction, also known as the Itakura–Saito divergence: 0 when they
 * agree. Errors count in proportion, whatever the scale. The prediction that minimizes its sum is the mean rather than the
 * median, and means are what add up to the work that is left.
 *
 * @param ratio value / prediction, above 0.
 */
export function deviance(ratio: number): number {
  return ratio - Math.log(ratio) - 1;
}

function sumOf(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Gives an entry the mean of those with samples, in logarithms, times a ratio by resource. Without any it stays. */
function setMean(
  entries: Float64Array,
  index: number,
  samples: Float64Array,
  rankLimit: number,
  ratioOf: (r: number) => number,
): void {
  for (let r = 0; r < rankLimit; r++) {
    let [sum, count] = [0, 0];
    for (let other = 0; other < samples.length; other++) {
      if (samples[other] === 0) continue;
      sum += Math.log(entries[other * rankLimit + r]);
      count++;
    }
    if (count > 0) entries[index * rankLimit + r] = ratioOf(r) * Math.exp(sum / count);
  }
}
