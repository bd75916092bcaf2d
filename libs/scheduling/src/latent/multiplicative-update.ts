// One step of a fit: each entry of the factors is multiplied by what the samples ask for, tempered by its priors and by the
// mean of its kind, which is all classes or all machines.

/** Weight, in samples, of the belief that all classes need resources in the same ratio, and that all machines are as fast in one. */
const SHAPE_WEIGHT = 1;
/** Samples from which an entry counts in full in the mean of its kind. */
const FULL_WEIGHT_SAMPLES = 20;
/** Bounds of an entry: far from what could overflow in products of four. */
const MIN_ENTRY = 1e-30;
const MAX_ENTRY = 1e30;
/**
 * In each step, the value of a prior counts as at most this multiple of the entry, and at least the inverse. Without samples,
 * a prior still leads an entry anywhere. Against samples of weight n, one of weight w < n / 7 that is too
 * large by any factor raises an entry to at most n / (n − 7w) of what the samples say.
 */
const MAX_PRIOR_RATIO = 8;

/** What is believed of entries besides the samples. Values at `index * rankLimit + r`; 0: nothing is. */
export interface Prior {
  readonly values: Float64Array;
  /** How many samples each one weighs as much as. By class or slot. */
  readonly weights: Float64Array;
}

/** All classes, or all machines, during one fit. Most places are free: a step looks at the known ones only. */
export class Group {
  /** Those of which something is known, by samples or by a prior, in ascending order. */
  readonly known: Uint32Array;
  readonly priors: readonly Prior[];

  /** @param samples weight of the samples behind each. Neither these nor the beliefs change during the fit. */
  constructor(
    readonly samples: Float64Array,
    ...beliefs: (Prior | undefined)[]
  ) {
    this.priors = beliefs.filter((prior) => prior !== undefined);
    const isKnown = (index: number) => samples[index] > 0 || this.priors.some(({ weights }) => weights[index] > 0);
    this.known = Uint32Array.from(Array.from(samples.keys()).filter(isKnown));
  }

  /** Gives those of which nothing is known the mean of those with samples, in logarithms. */
  setUnknown(entries: Float64Array, rank: number): void {
    const rankLimit = entries.length / this.samples.length;
    const kind = new Kind(entries, rank, this.samples, this.known);
    const usual = kind.shape.map((shape) => bounded(Math.exp(kind.size + shape)));
    let next = 0;
    for (let index = 0; index < this.samples.length; index++) {
      if (this.known[next] === index) next++;
      else entries.set(usual, index * rankLimit);
    }
  }
}

/** The two sums of a multiplicative update, by entry: the negative and the positive part of the gradient. */
export class MultiplicativeUpdate {
  private readonly pull: Float64Array;
  private readonly push: Float64Array;

  constructor(length: number) {
    this.pull = new Float64Array(length);
    this.push = new Float64Array(length);
  }

  /** Starts the next step. */
  clear(): void {
    this.pull.fill(0);
    this.push.fill(0);
  }

  /** Adds the part that an entry has in a prediction, per unit; `ratio` is observed over predicted. */
  add(entry: number, part: number, ratio: number): void {
    this.pull[entry] += part * ratio;
    this.push[entry] += part;
  }

  /**
   * Multiplies each entry of the classes or machines of a group by the square root of the ratio of its sums, to which what is
   * believed of it is added.
   */
  apply(entries: Float64Array, rank: number, { samples, known, priors }: Group): void {
    const rankLimit = entries.length / samples.length;
    const kind = new Kind(entries, rank, samples, known);
    for (const prior of priors) this.addPrior(entries, rank, known, prior);
    for (const index of known) {
      const size = kind.sizeOf(entries, index, samples[index]);
      for (let r = 0; r < rank; r++) {
        const at = index * rankLimit + r;
        const usual = Math.exp(size + kind.shape[r]);
        const entry = entries[at];
        const pull = this.pull[at] + ((SHAPE_WEIGHT / rank) * usual) / entry ** 2;
        const push = this.push[at] + SHAPE_WEIGHT / rank / entry;
        entries[at] = bounded(entry * Math.sqrt(pull / push));
      }
    }
  }

  private addPrior(entries: Float64Array, rank: number, known: Uint32Array, { values, weights }: Prior): void {
    const rankLimit = entries.length / weights.length;
    for (const index of known) {
      if (weights[index] === 0) continue;
      const weight = weights[index] / rank;
      for (let r = 0; r < rank; r++) {
        const at = index * rankLimit + r;
        if (values[at] === 0) continue;
        const entry = entries[at];
        const value = Math.min(MAX_PRIOR_RATIO * entry, Math.max(entry / MAX_PRIOR_RATIO, values[at]));
        this.pull[at] += (weight * value) / entry ** 2;
        this.push[at] += weight / entry;
      }
    }
  }
}

function bounded(entry: number): number {
  return Math.min(MAX_ENTRY, Math.max(MIN_ENTRY, entry));
}

/** The mean of a kind, classes or machines, in logarithms. Those with few samples are drawn towards it. */
class Kind {
  /** By resource; the mean over resources is 0. */
  readonly shape: Float64Array;
  /** The mean over resources. */
  readonly size: number;
  private readonly rankLimit: number;

  constructor(
    entries: Float64Array,
    private readonly rank: number,
    samples: Float64Array,
    known: Uint32Array,
  ) {
    this.rankLimit = entries.length / samples.length;
    this.shape = new Float64Array(rank);
    let weights = 0;
    for (const index of known) {
      if (samples[index] === 0) continue;
      const weight = Math.min(1, samples[index] / FULL_WEIGHT_SAMPLES);
      weights += weight;
      for (let r = 0; r < rank; r++) this.shape[r] += weight * Math.log(entries[index * this.rankLimit + r]);
    }
    let mean = 0;
    for (let r = 0; r < rank; r++) mean += this.shape[r] = weights > 0 ? this.shape[r] / weights : 0;
    this.size = mean / rank;
    for (let r = 0; r < rank; r++) this.shape[r] -= this.size;
  }

  /** The logarithm of an entry's size, as if one more of its samples was of the mean size. */
  sizeOf(entries: Float64Array, index: number, samples: number): number {
    let own = 0;
    for (let r = 0; r < this.rank; r++) own += Math.log(entries[index * this.rankLimit + r]) / this.rank;
    return (own * samples + this.size) / (samples + 1);
  }
}
