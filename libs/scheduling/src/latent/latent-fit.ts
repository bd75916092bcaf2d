// Fits the latent factors to samples of latency.
//
// The latency of a request of class k on machine s is modelled as
//
//     L = Σ_r D_kr G_sr X_r ,     X_r = 1 + Σ_j m_j φ_jr ,     φ_jr = D_jr G_sr X_r / Σ_q D_jq G_sq X_q
//
// for a machine that shares each resource among the requests that use it. m_j is the mean number of requests of class j beside it
// during its stay, and φ_jr the part of them that is at resource r: in proportion to the time that class j spends there.
// This is mean value analysis with Schweitzer's estimate of the queues (Reiser and Lavenberg, "Mean-Value Analysis of
// Closed Multichain Queuing Networks", JACM 27(2), 1980; Schweitzer, 1979). For a machine that serves in order,
//
//     L = Σ_r D_kr G_sr  +  Σ_j a_j Σ_r φ_jr D_jr G_sr
//
// where a_j is the number of requests of class j in flight at dispatch: a request waits for their work, however little it
// needs itself. `order` mixes the two.
//
// Each step multiplies every entry of D and G by a factor, as in non-negative matrix factorisation with the Itakura–Saito
// divergence (Févotte, Bertin and Durrieu, Neural Computation 21(3), 2009): entries stay above 0, no step size is needed,
// and an error counts in proportion to the prediction. The square root there makes a step safe; here it also shares an
// error between D and G, which are updated in the same step.
import { MAX_RANK_LIMIT, deviance, type LatentFactors } from './latent-factors.js';
import { Group, MultiplicativeUpdate, type Prior } from './multiplicative-update.js';
import type { SampleStore } from './sample-store.js';

/** A latency counts as at most this multiple of its prediction, and at least the inverse, so that one stall moves little. */
const MAX_RATIO = 8;
/** Newer samples after which one has half its weight. */
const HALF_LIFE = 2000;
/** Seconds after which a sample also has half its weight, so that a machine that is not used becomes unknown. */
const HALF_LIFE_SECONDS = 1800;
/** A sample with m others beside it has weight (1 + m)^−½: with more of them, its prediction depends more on the model. */
const CONTENTION_EXPONENT = -0.5;

/** What a fit knows besides its samples. */
export interface FitContext {
  readonly samples: SampleStore;
  /** How strictly machines serve in order of arrival, 0 to 1. */
  readonly order: number;
  readonly demandPrior?: Prior;
  readonly slownessPrior?: Prior;
  /** What the utilization of machines shows. */
  readonly utilization?: Prior | undefined;
}

/** Fits factors to one store of samples. Allocates once; a step is O(samples × neighbours × rank). */
export class LatentFit {
  /** X of each sample, at `sample * rankLimit + r`. */
  private readonly crowding: Float64Array;
  private readonly weights: Float64Array;
  private readonly demandSums: MultiplicativeUpdate;
  private readonly slownessSums: MultiplicativeUpdate;
  private readonly classes: Group;
  private readonly machines: Group;

  constructor(
    private readonly factors: LatentFactors,
    private readonly context: FitContext,
  ) {
    const { capacity } = context.samples;
    this.crowding = new Float64Array(capacity * factors.shape.rankLimit).fill(1);
    this.weights = new Float64Array(capacity);
    this.demandSums = new MultiplicativeUpdate(factors.demand.length);
    this.slownessSums = new MultiplicativeUpdate(factors.slowness.length);
    this.weigh();
    this.classes = new Group(factors.classSamples, context.demandPrior);
    this.machines = new Group(factors.slotSamples, context.slownessPrior, context.utilization);
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
    demandSums.apply(factors.demand, factors.rank, this.classes);
    slownessSums.apply(factors.slowness, factors.rank, this.machines);
  }

  /** Gives the classes and machines of which nothing is known the mean of their kind, after the last step. */
  finish(): void {
    const { demand, slowness, rank } = this.factors;
    this.classes.setUnknown(demand, rank);
    this.machines.setUnknown(slowness, rank);
  }

  /** Takes one step towards the crowding of a sample. Returns the latency that the factors predict with that, seconds. */
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
