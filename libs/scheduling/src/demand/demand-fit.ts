// Estimates the demand of a class of requests for each resource from the service times on different backends.
import { inverseDiagonal } from './inverse-diagonal.js';

/** Maximum number of rounds of coordinate descent per update. One or two are usual, starting from the last solution. */
const MAX_ROUNDS = 30;
const CONVERGED = 1e-6;

/**
 * Online least squares of y ≈ Σ_i x_i · d_i under d ≥ 0. With x_i = 1 / capacity and y the seconds of service, d is the
 * demand. Two properties keep it stable while requests are placed by its own estimate:
 *
 * - Forgetting is directional (Kulhavý, "Restricted exponential forgetting in real-time identification", Automatica
 *   1987): a sample displaces only what was known in its own direction x. When a class settles on one kind of backend,
 *   what it learned on the others is kept.
 * - A ridge keeps components without samples at the prior.
 */
export class DemandFit {
  /** The estimate, units. The caller may set it once, before the first sample. */
  readonly solution: Float64Array;
  /** Number of samples. */
  samples = 0;
  private variance = 0;
  private readonly information: Float64Array;
  private readonly target: Float64Array;
  private readonly known: Float64Array;

  /**
   * @param size number of components.
   * @param memory weight of the samples kept in each direction.
   */
  constructor(
    private readonly size: number,
    private readonly memory: number,
  ) {
    this.solution = new Float64Array(size).fill(1);
    this.information = new Float64Array(size * size);
    this.target = new Float64Array(size);
    this.known = new Float64Array(size);
  }

  /** Returns the solution's prediction for x, in the unit of y. */
  predict(x: ArrayLike<number>): number {
    let y = 0;
    for (let i = 0; i < this.size; i++) y += x[i] * this.solution[i];
    return y;
  }

  /** Adds a sample with 0 < `weight` ≤ 1. All samples should have errors of similar size. O(size²). */
  add(x: ArrayLike<number>, y: number, weight: number): void {
    if (!Number.isFinite(y)) return;
    this.forgetAlong(x, weight / this.memory);
    const error = y - this.predict(x);
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j < this.size; j++) this.information[i * this.size + j] += weight * x[i] * x[j];
      this.target[i] += weight * x[i] * y;
    }
    this.samples++;
    const gain = Math.max(1 / this.samples, weight / this.memory);
    this.variance += gain * (error * error - this.variance);
  }

  /**
   * Updates the solution: minimises the weighted squared error plus `ridge` · Σ (d_i / prior_i − 1)² by coordinate
   * descent, which always converges for a convex quadratic under d ≥ 0. Every component of `prior` must be above zero.
   */
  solve(prior: ArrayLike<number>, ridge: number): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let largestChange = 0;
      for (let i = 0; i < this.size; i++) {
        largestChange = Math.max(largestChange, this.improve(i, prior[i], ridge) / prior[i]);
      }
      if (largestChange < CONVERGED) return;
    }
  }

  /**
   * Returns the standard error of each component, units, given the samples and the ridge: the square root of the error
   * variance of a sample times the diagonal of the inverse information. O(size³); for display, not for every request.
   */
  standardErrors(prior: ArrayLike<number>, ridge: number): Float64Array {
    const regularized = Float64Array.from(this.information);
    for (let i = 0; i < this.size; i++) regularized[i * this.size + i] += ridge / prior[i] ** 2;
    return inverseDiagonal(regularized, this.size).map((inverse) => Math.sqrt(inverse * this.variance));
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

  /** Removes a fraction of what is known along x, and nothing of what is known across it. */
  private forgetAlong(x: ArrayLike<number>, fraction: number): void {
    const { size, information, target, known } = this;
    let informationAlong = 0;
    let targetAlong = 0;
    for (let i = 0; i < size; i++) {
      known[i] = 0;
      for (let j = 0; j < size; j++) known[i] += information[i * size + j] * x[j];
      informationAlong += known[i] * x[i];
      targetAlong += target[i] * x[i];
    }
    if (!(informationAlong > 0)) return;
    for (let i = 0; i < size; i++) {
      const share = (fraction * known[i]) / informationAlong;
      for (let j = 0; j < size; j++) information[i * size + j] -= share * known[j];
      target[i] -= share * targetAlong;
    }
  }
}
