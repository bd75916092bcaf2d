// Recovers what a class of requests needs of each resource from how long its requests were served, backend by backend.
import { inverseDiagonal } from './inverse-diagonal.js';

/** How often the solution is improved before it is taken as it is. One or two rounds are the rule, from the last solution. */
const MAX_ROUNDS = 30;
const SETTLED = 1e-6;

/**
 * Online least squares of  y ≈ Σ_i x_i · d_i  under d ≥ 0.  With x_i = 1 / capacity and y the seconds of service, d is the
 * demand. Two things make it hold while requests are placed by its own estimate:
 *
 * - Forgetting is directional (Kulhavý, "Restricted exponential forgetting in real-time identification", Automatica 1987):
 *   a sample displaces what was known in its own direction x only. A class that has settled on one kind of backend keeps
 *   what it learned on the others.
 * - A ridge holds what no sample has told at the prior.
 */
export class DemandFit {
  /** The estimate, units; the caller may set it once, before the first sample. */
  readonly solution: Float64Array;
  /** Samples taken. */
  samples = 0;
  private variance = 0;
  private readonly information: Float64Array;
  private readonly target: Float64Array;
  private readonly known: Float64Array;

  /** `memory` is the weight of samples kept in each direction. */
  constructor(
    private readonly size: number,
    private readonly memory: number,
  ) {
    this.solution = new Float64Array(size).fill(1);
    this.information = new Float64Array(size * size);
    this.target = new Float64Array(size);
    this.known = new Float64Array(size);
  }

  /** What the solution says for x. */
  predict(x: ArrayLike<number>): number {
    let y = 0;
    for (let i = 0; i < this.size; i++) y += x[i] * this.solution[i];
    return y;
  }

  /** Takes a sample of weight 0 < `weight` ≤ 1. All samples should err by about as much. O(size²). */
  add(x: ArrayLike<number>, y: number, weight: number): void {
    if (!Number.isFinite(y)) return;
    this.forgetAlong(x, weight / this.memory);
    const error = y - this.predict(x);
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j < this.size; j++) this.information[i * this.size + j] += weight * x[i] * x[j];
      this.target[i] += weight * x[i] * y;
    }
    this.samples++;
    const pace = Math.max(1 / this.samples, weight / this.memory);
    this.variance += pace * (error * error - this.variance);
  }

  /**
   * Brings the solution up to date: minimises the weighted squared error plus `ridge` · Σ (d_i / prior_i − 1)². All of
   * `prior` must be above zero. Coordinate descent, which for a convex quadratic under d ≥ 0 always converges.
   */
  solve(prior: ArrayLike<number>, ridge: number): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let largestChange = 0;
      for (let i = 0; i < this.size; i++) {
        largestChange = Math.max(largestChange, this.improve(i, prior[i], ridge) / prior[i]);
      }
      if (largestChange < SETTLED) return;
    }
  }

  /**
   * Standard error of each component, units, as the samples and the ridge leave it: the variance of a sample's error
   * times the diagonal of the inverse information. O(size³); for people, not for requests.
   */
  standardErrors(prior: ArrayLike<number>, ridge: number): Float64Array {
    const held = Float64Array.from(this.information);
    for (let i = 0; i < this.size; i++) held[i * this.size + i] += ridge / prior[i] ** 2;
    return inverseDiagonal(held, this.size).map((spread) => Math.sqrt(spread * this.variance));
  }

  private improve(i: number, prior: number, ridge: number): number {
    const pull = ridge / prior ** 2;
    let rest = this.target[i] + pull * prior;
    for (let j = 0; j < this.size; j++) {
      if (j !== i) rest -= this.information[i * this.size + j] * this.solution[j];
    }
    const before = this.solution[i];
    this.solution[i] = Math.max(0, rest / (this.information[i * this.size + i] + pull));
    return Math.abs(this.solution[i] - before);
  }

  /** Takes away a part of what is known along x, and nothing of what is known across it. */
  private forgetAlong(x: ArrayLike<number>, part: number): void {
    const { size, information, target, known } = this;
    let total = 0;
    let aim = 0;
    for (let i = 0; i < size; i++) {
      known[i] = 0;
      for (let j = 0; j < size; j++) known[i] += information[i * size + j] * x[j];
      total += known[i] * x[i];
      aim += target[i] * x[i];
    }
    if (!(total > 0)) return;
    for (let i = 0; i < size; i++) {
      const lost = (part * known[i]) / total;
      for (let j = 0; j < size; j++) information[i * size + j] -= lost * known[j];
      target[i] -= lost * aim;
    }
  }
}
