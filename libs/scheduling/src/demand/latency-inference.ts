// Infers the demand of classes of requests from their seconds of service alone, with no word from the backends.
import type { ResourceVector } from '../resources.js';
import { DemandFit } from './demand-fit.js';
import type { FleetCapacity } from './fleet-capacity.js';

/** Weight of samples kept in each direction, for a class and for the fleet. */
const MEMORY = 1000;
/** How strongly the prior holds, as a part of one uncontended sample. */
const RIDGE = 0.05;
/** The least of any resource that the prior of a class has, as a part of an even split. */
const MIN_PRIOR = 0.05;
/** A resource that takes less than this part of the mean resource's time is not told from none. */
const MIN_SHARE = 0.05;
/** Weight of a sample falls with the number of others at dispatch as (1 + n)^−½: contention is modelled, not known. */
const CONTENTION_EXPONENT = -0.5;

/**
 * A least-squares fit for each class, and one over all requests whose solution, the fleet's mean demand, is the prior of
 * each class. The fleet's own prior takes equal time of each resource, at the pace the fleet is seen to serve.
 *
 * Slow backends err by more seconds, so seconds are counted in those that the mean backend's second of work takes there.
 * That measure is the same for every request: to divide by the predicted seconds instead, which fit each class better,
 * lets a few early samples with small predictions outweigh all later ones.
 */
export class LatencyInference {
  private readonly fits: (DemandFit | undefined)[] = [];
  private readonly fleetFit: DemandFit;
  private readonly evenSplit: Float64Array;
  private readonly prior: Float64Array;
  private readonly x: Float64Array;
  private paceWeight = 0;
  private pace = 0;

  constructor(
    private readonly resourceCount: number,
    private readonly capacity: FleetCapacity,
  ) {
    this.fleetFit = new DemandFit(resourceCount, MEMORY);
    this.evenSplit = new Float64Array(resourceCount);
    this.prior = new Float64Array(resourceCount);
    this.x = new Float64Array(resourceCount);
  }

  /** Whether anything has been seen of the class. */
  knows(classId: number): boolean {
    return this.fits[classId] !== undefined;
  }

  /** Whether anything has been seen at all. */
  get hasPrior(): boolean {
    return this.fleetFit.samples > 0;
  }

  /** How much a sample counts that was dispatched to a backend with so many others on it. */
  static weightAmong(others: number): number {
    return (1 + others) ** CONTENTION_EXPONENT;
  }

  /** A request of the class was served for so many seconds on a backend of that speed. O(resources²). */
  learn(classId: number, slot: number, seconds: number, speed: number, weight: number): void {
    let meanSeconds = 0;
    for (let r = 0; r < this.resourceCount; r++) {
      this.x[r] = this.capacity.secondsFor(slot, r) / speed;
      meanSeconds += this.x[r] * this.capacity.mean[r];
    }
    if (!(meanSeconds > 0)) return;
    for (let r = 0; r < this.resourceCount; r++) this.x[r] /= meanSeconds;
    const work = seconds / meanSeconds;

    this.paceWeight = this.paceWeight * (1 - weight / MEMORY) + weight;
    this.pace += (weight / this.paceWeight) * (work - this.pace);
    for (let r = 0; r < this.resourceCount; r++) this.evenSplit[r] = this.pace * this.capacity.mean[r];
    if (!this.hasPrior) this.fleetFit.solution.set(this.evenSplit);
    this.fleetFit.add(this.x, work, weight);
    this.fleetFit.solve(this.evenSplit, this.ridgeAt(this.evenSplit));

    const fit = this.fitOf(classId);
    fit.add(this.x, work, weight);
    const prior = this.priorOfClasses();
    fit.solve(prior, this.ridgeAt(prior));
  }

  /** Writes the demand of a class into `out`, units; the fleet's mean where nothing was seen of the class. */
  estimate(classId: number, out: ResourceVector): void {
    this.publish((this.fits[classId] ?? this.fleetFit).solution, out);
  }

  /** Writes the mean demand of the fleet's requests into `out`, units. */
  estimatePrior(out: ResourceVector): void {
    this.publish(this.fleetFit.solution, out);
  }

  /** Samples of a class. */
  samples(classId: number): number {
    return this.fits[classId]?.samples ?? 0;
  }

  /** The largest standard error of a class's demand, each resource's as a part of the time that all resources take. */
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

  /** The class's number will be another's. */
  forget(classId: number): void {
    this.fits[classId] = undefined;
  }

  /** A solution without what is too little to tell from none. */
  private publish(solution: ArrayLike<number>, out: ResourceVector): void {
    let shares = 0;
    for (let r = 0; r < this.resourceCount; r++) shares += solution[r] / this.capacity.mean[r];
    for (let r = 0; r < this.resourceCount; r++) {
      const least = ((MIN_SHARE * shares) / this.resourceCount) * this.capacity.mean[r];
      const isNone = solution[r] < least && this.capacity.isLackedBySome[r];
      out[r] = isNone ? 0 : Math.max(least, solution[r]);
    }
  }

  /** The ridge in the measure of the samples: being off by the whole prior weighs as much as being off by its work. */
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
