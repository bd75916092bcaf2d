// Fits the latent factors to samples of latency.
//
// The latency of a request of class k on machine s is modelled as
//
//     L = Σ_r D_kr G_sr X_r ,     X_r = 1 + Σ_j m_j φ_jr ,     φ_jr = D_jr G_sr X_r / Σ_q D_jq G_sq X_q
//
// for a machine that shares each resource among those who use it. m_j is the mean number of requests of class j beside it
// during its stay, and φ_jr the part of them that is at resource r: in proportion to the time that class j spends there.
// This is mean value analysis with Schweitzer's estimate of the queues (Reiser and Lavenberg, "Mean-Value Analysis of
// Closed Multichain Queuing Networks", JACM 27(2), 1980; Schweitzer, 1979). For a machine that serves in order,
//
//     L = Σ_r D_kr G_sr  +  Σ_j a_j Σ_r φ_jr D_jr G_sr
//
// where a_j is the number of requests of class j in flight at dispatch: one waits for their work, not in proportion to
// one's own. `order` mixes the two.
//
// D and G are updated in turns of one multiplication, as in non-negative matrix factorisation with the Itakura–Saito
// divergence (Févotte, Bertin and Durrieu, Neural Computation 21(3), 2009): entries stay above 0, no step size is needed,
// and an error counts in proportion to the prediction. The square root there makes a step safe; here it also shares an
// error between D and G, which are updated at once.
import { MAX_RANK_LIMIT, deviance, type LatentFactors } from './latent-factors.js';
import type { SampleStore } from './sample-store.js';

/** A sample counts as at most so many times its prediction, and at least so small a part: one stall moves little. */
const MAX_RATIO = 8;
/** Samples whose weight has halved when so many newer ones were added. */
const HALF_LIFE = 2000;
/** The same for samples that are older than the newest by so many seconds: a machine that is not used becomes unknown. */
const HALF_LIFE_SECONDS = 1800;
/** A sample with m others beside it has weight (1 + m)^−½: the more company, the more rests on the model of it. */
const CONTENTION_EXPONENT = -0.5;
/** Weight, in samples, of the belief that classes have one shape, and machines too. */
const SHAPE_WEIGHT = 1;
/** Samples from which an entry counts in full in the mean of its kind. */
const FULL_WEIGHT_SAMPLES = 20;
/** Bounds of an entry: far from what could overflow in products of four. */
const MIN_ENTRY = 1e-30;
const MAX_ENTRY = 1e30;

/** What is believed of entries before any sample. Values at `index * rankLimit + r`; 0: nothing is. */
export interface Prior {
  readonly values: Float64Array;
  /** How many samples each one weighs as much as. By class or slot. */
  readonly weights: Float64Array;
}

/** What a fit knows besides its samples. */
export interface FitContext {
  readonly samples: SampleStore;
  /** How strictly machines serve in order of arrival, 0 to 1. */
  readonly order: number;
  readonly demandPrior?: Prior;
  readonly slownessPrior?: Prior;
}

/** Fits factors to one store of samples. Allocates once; a step is O(samples × neighbours × rank). */
export class LatentFit {
  /** X of each sample, at `sample * rankLimit + r`. */
  private readonly crowding: Float64Array;
  private readonly weights: Float64Array;
  private readonly demandSums: Sums;
  private readonly slownessSums: Sums;

  constructor(
    private readonly factors: LatentFactors,
    private readonly context: FitContext,
  ) {
    const { capacity } = context.samples;
    this.crowding = new Float64Array(capacity * factors.shape.rankLimit).fill(1);
    this.weights = new Float64Array(capacity);
    this.demandSums = new Sums(factors.demand.length);
    this.slownessSums = new Sums(factors.slowness.length);
    this.weigh();
  }

  /** Improves D and G by one step, and updates the loss: that of the factors before the step. */
  step(): void {
    const { factors, context, demandSums, slownessSums } = this;
    demandSums.clear();
    slownessSums.clear();
    let loss = 0;
    let weight = 0;
    for (let at = 0; at < context.samples.count; at++) {
      if (this.weights[at] === 0) continue;
      loss += this.weights[at] * this.addSample(at);
      weight += this.weights[at];
    }
    factors.loss = weight > 0 ? loss / weight : Infinity;
    demandSums.apply(factors.demand, factors.rank, factors.classSamples, context.demandPrior);
    slownessSums.apply(factors.slowness, factors.rank, factors.slotSamples, context.slownessPrior);
  }

  /** Returns the latency that the factors predict for a sample, seconds. */
  predict(at: number): number {
    const { samples, order } = this.context;
    const { rank, demand, slowness } = this.factors;
    const { rankLimit } = this.factors.shape;
    const s = samples.slots[at] * rankLimit;
    const k = samples.classIds[at] * rankLimit;
    const first = at * samples.stride;
    const x = at * rankLimit;
    let waiting = 0;
    for (let r = 0; r < rank; r++) {
      before[r] = this.crowding[x + r];
      this.crowding[x + r] = 1;
    }
    for (let i = first; i < first + samples.neighbourCount[at]; i++) {
      const j = samples.neighbours[i] * rankLimit;
      let total = 0;
      for (let r = 0; r < rank; r++) total += parts[r] = demand[j + r] * slowness[s + r] * before[r];
      const beside = samples.beside[i] / total;
      for (let r = 0; r < rank; r++) this.crowding[x + r] += beside * parts[r];
      if (order === 0) continue;
      const ahead = samples.ahead[i] / total;
      for (let r = 0; r < rank; r++) waiting += ahead * parts[r] * demand[j + r] * slowness[s + r];
    }
    let seconds = order * waiting;
    for (let r = 0; r < rank; r++) {
      seconds += demand[k + r] * slowness[s + r] * ((1 - order) * this.crowding[x + r] + order);
    }
    return seconds;
  }

  /** Returns the latency of a sample as a multiple of its prediction. */
  ratio(at: number): number {
    const { samples, order } = this.context;
    return ((1 - order) * samples.steadySeconds[at] + order * samples.seconds[at]) / this.predict(at);
  }

  /** Adds a sample to the sums. Returns its deviance. */
  private addSample(at: number): number {
    const { samples, order } = this.context;
    const { rank, demand, slowness } = this.factors;
    const { rankLimit } = this.factors.shape;
    const { demandSums, slownessSums } = this;
    const predicted = this.predict(at);
    const seconds = (1 - order) * samples.steadySeconds[at] + order * samples.seconds[at];
    const ratio = Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, seconds / predicted));
    const weight = this.weights[at] / predicted;
    const s = samples.slots[at] * rankLimit;
    const k = samples.classIds[at] * rankLimit;
    const x = at * rankLimit;
    for (let r = 0; r < rank; r++) {
      const own = weight * ((1 - order) * this.crowding[x + r] + order);
      demandSums.add(k + r, own * slowness[s + r], ratio);
      slownessSums.add(s + r, own * demand[k + r], ratio);
    }
    if (order > 0) this.addWaiting(at, order * weight, ratio);
    return deviance(ratio);
  }

  /** Adds the part of a sample that it waited for the requests ahead of it. */
  private addWaiting(at: number, weight: number, ratio: number): void {
    const { samples } = this.context;
    const { rank, demand, slowness } = this.factors;
    const { rankLimit } = this.factors.shape;
    const s = samples.slots[at] * rankLimit;
    const first = at * samples.stride;
    for (let i = first; i < first + samples.neighbourCount[at]; i++) {
      const j = samples.neighbours[i] * rankLimit;
      let total = 0;
      for (let r = 0; r < rank; r++) {
        total += parts[r] = demand[j + r] * slowness[s + r] * this.crowding[at * rankLimit + r];
      }
      for (let r = 0; r < rank; r++) {
        const part = (weight * samples.ahead[i] * parts[r]) / total;
        this.demandSums.add(j + r, part * slowness[s + r], ratio);
        this.slownessSums.add(s + r, part * demand[j + r], ratio);
      }
    }
  }

  /** Weighs each sample by its age and its company, and sums the weights up by class and by machine. */
  private weigh(): void {
    const { samples } = this.context;
    const { classSamples, slotSamples } = this.factors;
    classSamples.fill(0);
    slotSamples.fill(0);
    const newest = samples.count === 0 ? 0 : samples.atSeconds[(samples.total - 1) % samples.capacity];
    for (let at = 0; at < samples.count; at++) {
      const halvings = samples.age(at) / HALF_LIFE + (newest - samples.atSeconds[at]) / HALF_LIFE_SECONDS;
      this.weights[at] = samples.isValid[at] * 2 ** -halvings * (1 + samples.others[at]) ** CONTENTION_EXPONENT;
      classSamples[samples.classIds[at]] += this.weights[at];
      slotSamples[samples.slots[at]] += this.weights[at];
    }
  }
}

// Of the sample at hand: never used across calls.
const before = new Float64Array(MAX_RANK_LIMIT);
const parts = new Float64Array(MAX_RANK_LIMIT);

/** The two sums of a multiplicative update, by entry: the gradient's negative and positive part. */
class Sums {
  private readonly pull: Float64Array;
  private readonly push: Float64Array;

  constructor(length: number) {
    this.pull = new Float64Array(length);
    this.push = new Float64Array(length);
  }

  clear(): void {
    this.pull.fill(0);
    this.push.fill(0);
  }

  add(entry: number, part: number, ratio: number): void {
    this.pull[entry] += part * ratio;
    this.push[entry] += part;
  }

  /** Multiplies each entry by the square root of the ratio of its sums, to which what is believed of it is added. */
  apply(entries: Float64Array, rank: number, samples: Float64Array, prior?: Prior): void {
    const rankLimit = entries.length / samples.length;
    const kind = new Kind(entries, rank, samples);
    for (let index = 0; index < samples.length; index++) {
      const isKnown = samples[index] > 0 || (prior !== undefined && prior.weights[index] > 0);
      const size = isKnown ? kind.sizeOf(entries, index, samples[index]) : kind.size;
      for (let r = 0; r < rank; r++) {
        const at = index * rankLimit + r;
        const usual = Math.exp(size + kind.shape[r]);
        const entry = entries[at];
        let pull = this.pull[at] + ((SHAPE_WEIGHT / rank) * usual) / entry ** 2;
        let push = this.push[at] + SHAPE_WEIGHT / rank / entry;
        if (prior && prior.weights[index] > 0 && prior.values[at] > 0) {
          const weight = prior.weights[index] / rank;
          pull += (weight * prior.values[at]) / entry ** 2;
          push += weight / entry;
        }
        const next = isKnown ? entry * Math.sqrt(pull / push) : usual;
        entries[at] = Math.min(MAX_ENTRY, Math.max(MIN_ENTRY, next));
      }
    }
  }
}

/** The mean of a kind, classes or machines, in logarithms: towards it, those with few samples are drawn. */
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
  ) {
    this.rankLimit = entries.length / samples.length;
    this.shape = new Float64Array(rank);
    let weights = 0;
    for (let index = 0; index < samples.length; index++) {
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
