// Infers the demand of classes of requests from seconds of service alone, without reports from the backends.
import type { ResourceVector } from '../resources.js';
import { DemandFit } from './demand-fit.js';
import type { FleetCapacity } from './fleet-capacity.js';

/** Weight of the samples kept in each direction, for a class and for the fleet. */
const MEMORY = 1000;
/** Strength of the prior, as a fraction of one uncontended sample. */
const RIDGE = 0.05;
/** Lower bound of a resource in the prior of a class, as a fraction of an even split. */
const MIN_PRIOR = 0.05;
/** A resource that takes less than this fraction of the mean resource's time is indistinguishable from zero. */
const MIN_SHARE = 0.05;
/** A sample with n others in flight at dispatch has weight (1 + n)^−½, because contention is modelled, not measured. */
const CONTENTION_EXPONENT = -0.5;

/**
 * One least-squares fit per class, and one over all requests. The solution of the latter is the fleet's mean demand,
 * the prior of each class. The prior of the fleet itself spends equal time on each resource and matches the mean
 * service time.
 *
 * Errors grow with the slowness of a backend. So seconds of service are divided by the time that a second of the mean
 * backend's work takes on this backend. This scale is the same for every request. Dividing by the predicted seconds
 * instead would fit each class better, but a few early samples with small predictions would outweigh all later ones.
 */
export class LatencyInference {
  private readonly fits: (DemandFit | undefined)[] = [];
  private readonly fleetFit: DemandFit;
  private readonly evenSplit: Float64Array;
  private readonly prior: Float64Array;
  private readonly x: Float64Array;
  private meanWorkWeight = 0;
  private meanWork = 0;

  constructor(
    private readonly resourceCount: number,
    private readonly capacity: FleetCapacity,
  ) {
    this.fleetFit = new DemandFit(resourceCount, MEMORY);
    this.evenSplit = new Float64Array(resourceCount);
    this.prior = new Float64Array(resourceCount);
    this.x = new Float64Array(resourceCount);
  }

  /** Whether there is any sample of the class. */
  knows(classId: number): boolean {
    return this.fits[classId] !== undefined;
  }

  /** Whether there is any sample at all. */
  get hasPrior(): boolean {
    return this.fleetFit.samples > 0;
  }

  /** Returns the weight of a sample dispatched to a backend with `others` in flight on it: above 0, at most 1. */
  static sampleWeight(others: number): number {
    return (1 + others) ** CONTENTION_EXPONENT;
  }

  /**
   * Adds a sample: `seconds` of service of a request of the class. O(resources²).
   *
   * @param speed of the backend as a multiple of its declared speed.
   */
  learn(classId: number, slot: number, seconds: number, speed: number, weight: number): void {
    let meanSeconds = 0;
    for (let r = 0; r < this.resourceCount; r++) {
      this.x[r] = this.capacity.secondsFor(slot, r) / speed;
      meanSeconds += this.x[r] * this.capacity.mean[r];
    }
    if (!(meanSeconds > 0)) return;
    for (let r = 0; r < this.resourceCount; r++) this.x[r] /= meanSeconds;
    const work = seconds / meanSeconds;

    this.meanWorkWeight = this.meanWorkWeight * (1 - weight / MEMORY) + weight;
    this.meanWork += (weight / this.meanWorkWeight) * (work - this.meanWork);
    for (let r = 0; r < this.resourceCount; r++) this.evenSplit[r] = this.meanWork * this.capacity.mean[r];
    if (!this.hasPrior) this.fleetFit.solution.set(this.evenSplit);
    this.fleetFit.add(this.x, work, weight);
    this.fleetFit.solve(this.evenSplit, this.ridgeAt(this.evenSplit));

    const fit = this.fitOf(classId);
    fit.add(this.x, work, weight);
    const prior = this.priorOfClasses();
    fit.solve(prior, this.ridgeAt(prior));
  }

  /** Writes the demand of a class into `out`, units; the fleet's mean demand when the class has no sample. */
  estimate(classId: number, out: ResourceVector): void {
    this.writeEstimate((this.fits[classId] ?? this.fleetFit).solution, out);
  }

  /** Writes the mean demand of the fleet's requests into `out`, units. */
  estimatePrior(out: ResourceVector): void {
    this.writeEstimate(this.fleetFit.solution, out);
  }

  /** Number of samples of a class. */
  samples(classId: number): number {
    return this.fits[classId]?.samples ?? 0;
  }

  /**
   * Returns the largest standard error of a class's demand over its resources, each in seconds on the mean backend,
   * divided by the seconds of its whole demand. Infinity when the class has no sample.
   */
  relativeError(classId: number): number {
    const fit = this.fits[classId];
    if (fit === undefined) return Infinity;
    const prior = this.priorOfClasses();
    const errors = fit.standardErrors(prior, this.ridgeAt(prior));
    let seconds = 0;
    let largest = 0;
    for (let r = 0; r < this.resourceCount; r++) {
      seconds += fit.solution[r] / this.capacity.mean[r];
      largest = Math.max(largest, errors[r] / this.capacity.mean[r]);
    }
    return largest / seconds;
  }

  /** Forgets a class whose number will be reused. */
  forget(classId: number): void {
    this.fits[classId] = undefined;
  }

  /** Writes a solution, with zero or the lower bound for components that are indistinguishable from zero. */
  private writeEstimate(solution: ArrayLike<number>, out: ResourceVector): void {
    let seconds = 0;
    for (let r = 0; r < this.resourceCount; r++) seconds += solution[r] / this.capacity.mean[r];
    for (let r = 0; r < this.resourceCount; r++) {
      const minimum = ((MIN_SHARE * seconds) / this.resourceCount) * this.capacity.mean[r];
      const isNegligible = solution[r] < minimum && this.capacity.isMissingSomewhere[r];
      out[r] = isNegligible ? 0 : Math.max(minimum, solution[r]);
    }
  }

  /** Scales the ridge to the samples: an error of the whole prior weighs as much as an error of its work. */
  private ridgeAt(prior: ArrayLike<number>): number {
    let work = 0;
    for (let r = 0; r < this.resourceCount; r++) work += prior[r] / this.capacity.mean[r] / this.resourceCount;
    return RIDGE * work * work;
  }

  private fitOf(classId: number): DemandFit {
    let fit = this.fits[classId];
    if (fit === undefined) {
      fit = new DemandFit(this.resourceCount, MEMORY);
      fit.solution.set(this.priorOfClasses());
      this.fits[classId] = fit;
    }
    return fit;
  }

  private priorOfClasses(): Float64Array {
    for (let r = 0; r < this.resourceCount; r++) {
      this.prior[r] = Math.max(this.fleetFit.solution[r], MIN_PRIOR * this.evenSplit[r]);
    }
    return this.prior;
  }
}
