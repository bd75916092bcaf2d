// Learns what requests need: from the backends' cost reports if there are any, otherwise from latency alone.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { DemandBelief, DemandModel, DemandSource } from './demand-model.js';
import { FleetCapacity } from './fleet-capacity.js';
import { LatencyInference } from './latency-inference.js';
import { ReportedDemand } from './cost-reports/reported-demand.js';
import { ServiceMeter, Sojourn } from './service-meter.js';
import { SpeedFactors } from './speed-factors.js';

/** Number of latencies a class needs before it counts as evidence of a backend's speed. */
const MIN_SAMPLES_FOR_SPEED = 10;
/** Lower bound of the expectation that a report is compared with, for resources not needed so far. Units. */
const MIN_EXPECTED = 1e-3;
/** The same lower bound as a fraction of the prior. */
const MIN_EXPECTED_RATIO = 0.01;

/** Once a class has this many samples, learn from at most one response per MIN_SECONDS_BETWEEN_SAMPLES. */
const MIN_SAMPLES_TO_SKIP = 200;
const MIN_SECONDS_BETWEEN_SAMPLES = 4e-3;

/**
 * A request in flight, as returned by {@link DemandLearner.dispatched}. Reused for another request once it has
 * completed or was cancelled, because allocating two objects per request is most of the cost of learning.
 */
export class LearningTicket {
  /** The number of the request's class; -1 before the first use. */
  classId = -1;
  readonly sojourn = new Sojourn();
}

/** The dimensions of a learner. */
export interface DemandLearnerShape {
  /** Number of resources. */
  readonly resourceCount: number;
  /** Number of slots of the load table. */
  readonly slotCount: number;
}

/**
 * Estimates the demand of each class: the mean of its reports; otherwise what its latencies show; otherwise the mean of
 * the fleet's requests, reported or inferred; otherwise one unit of each resource. Also estimates the speed of each
 * backend compared to its declared speed. Times are seconds on one monotonic clock. Learning from a response is
 * O(resources²), any other response O(1). Classes with more than 250 requests per second are sampled, which costs less
 * and learns as well.
 */
export class DemandLearner implements DemandModel {
  private readonly capacity: FleetCapacity;
  private readonly meter: ServiceMeter;
  private readonly inference: LatencyInference;
  private readonly speeds: SpeedFactors;
  private readonly reports: (ReportedDemand | undefined)[] = [];
  private readonly fleetReports: ReportedDemand;
  private readonly current: ResourceVector;
  private readonly prior: ResourceVector;
  /** When each class was last learned from. Seconds. */
  private readonly learnedAt: number[] = [];

  constructor({ resourceCount, slotCount }: DemandLearnerShape) {
    this.capacity = new FleetCapacity(resourceCount, slotCount);
    this.meter = new ServiceMeter(resourceCount);
    this.inference = new LatencyInference(resourceCount, this.capacity);
    this.speeds = new SpeedFactors(slotCount);
    this.fleetReports = new ReportedDemand(resourceCount);
    this.current = new Float64Array(resourceCount);
    this.prior = new Float64Array(resourceCount);
  }

  /** Takes over the declared capacities of a new snapshot. */
  useFleet(fleet: FleetSnapshot): void {
    this.capacity.useFleet(fleet);
  }

  /**
   * Records that a request of a class was sent to a backend with `others` in flight on it, from all dispatchers
   * together.
   *
   * @param ticket of an earlier request that has ended; a new one is made when absent.
   * @returns the ticket, filled in for this request.
   */
  dispatched(
    classId: number,
    slot: number,
    others: number,
    atSeconds: number,
    ticket = new LearningTicket(),
  ): LearningTicket {
    ticket.classId = classId;
    this.meter.arrive(slot, others, atSeconds, ticket.sojourn);
    return ticket;
  }

  /**
   * Records that the response is complete and `others` requests remain in flight on the backend.
   *
   * @returns whether anything was learned from it.
   */
  completed({ classId, sojourn }: LearningTicket, others: number, atSeconds: number): boolean {
    const seconds = this.meter.leave(sojourn, others, atSeconds);
    if (!(seconds > 0) || !this.shouldLearn(classId, atSeconds)) return false;
    this.learnedAt[classId] = atSeconds;
    const weight = LatencyInference.sampleWeight(sojourn.othersAtDispatch);
    this.inference.learn(classId, sojourn.slot, seconds, this.speeds.factor(sojourn.slot), weight);
    if (this.canJudgeSpeed(classId)) {
      this.speeds.observe(sojourn.slot, seconds, this.declaredSeconds(classId, sojourn.slot), weight);
    }
    return true;
  }

  /**
   * Records that the request failed or was cancelled and `others` requests remain in flight. Nothing else is learned
   * from it.
   */
  cancelled({ sojourn }: LearningTicket, others: number, atSeconds: number): void {
    this.meter.abandon(sojourn, others, atSeconds);
  }

  /** Records the cost that a backend reported for a request of the class, units by resource. */
  reported(classId: number, demand: ArrayLike<number>, atSeconds: number): void {
    this.estimate(classId, this.current);
    this.estimatePrior(this.prior);
    const reports = (this.reports[classId] ??= new ReportedDemand(this.current.length));
    reports.add(demand, this.withMinimum(this.current), atSeconds);
    this.fleetReports.add(demand, this.withMinimum(this.prior), atSeconds);
  }

  /** Whether there is any report or latency of the class. */
  knows(classId: number): boolean {
    return this.reports[classId] !== undefined || this.inference.knows(classId);
  }

  /** Writes the demand of the class into `out`, units by resource. Allocates nothing. */
  estimate(classId: number, out: ResourceVector): void {
    const reports = this.reports[classId];
    if (reports !== undefined) out.set(reports.mean);
    else if (this.inference.knows(classId)) this.inference.estimate(classId, out);
    else this.estimatePrior(out);
  }

  /** Returns what is known of a class, for display. */
  belief(classId: number): DemandBelief {
    const demand = new Float64Array(this.current.length);
    this.estimate(classId, demand);
    const source = this.sourceOf(classId);
    const samples = source === 'reported' ? this.reportCount(classId) : this.inference.samples(classId);
    // Assumes that requests of a class differ by as much as their mean, as with exponential work.
    const spread = 1 / Math.sqrt(samples);
    const error = source === 'reported' ? spread : Math.max(spread, this.inference.relativeError(classId));
    return { demand, source, confidence: 1 / (1 + error), samples };
  }

  /** Returns the speed of a backend as a multiple of its declared speed, ½ to 2. */
  speed(slot: number): number {
    return this.speeds.factor(slot);
  }

  /** How strictly backends serve requests in order of arrival, 0 to 1. */
  get order(): number {
    return this.meter.order;
  }

  /** Forgets a class whose number will be reused. */
  forgetClass(classId: number): void {
    this.inference.forget(classId);
    this.reports[classId] = undefined;
  }

  /** Forgets a backend whose slot will be reused. Allowed only when nothing is in flight on it. */
  forgetBackend(slot: number): void {
    this.speeds.forget(slot);
    this.meter.forget(slot);
  }

  private estimatePrior(out: ResourceVector): void {
    if (this.fleetReports.reports > 0) out.set(this.fleetReports.mean);
    else if (this.inference.hasPrior) this.inference.estimatePrior(out);
    else out.fill(1);
  }

  private sourceOf(classId: number): DemandSource {
    if (this.reports[classId] !== undefined) return 'reported';
    return this.inference.knows(classId) ? 'inferred' : 'prior';
  }

  private reportCount(classId: number): number {
    return this.reports[classId]?.reports ?? 0;
  }

  private shouldLearn(classId: number, atSeconds: number): boolean {
    if (this.inference.samples(classId) < MIN_SAMPLES_TO_SKIP) return true;
    return atSeconds - this.learnedAt[classId] >= MIN_SECONDS_BETWEEN_SAMPLES;
  }

  private canJudgeSpeed(classId: number): boolean {
    return this.reportCount(classId) + this.inference.samples(classId) >= MIN_SAMPLES_FOR_SPEED;
  }

  private declaredSeconds(classId: number, slot: number): number {
    this.estimate(classId, this.current);
    let seconds = 0;
    for (let r = 0; r < this.current.length; r++) seconds += this.current[r] * this.capacity.secondsFor(slot, r);
    return seconds;
  }

  /**
   * Raises an expectation to the lower bound: with zero, a resource that was not needed so far could never be learned.
   */
  private withMinimum(demand: ResourceVector): ResourceVector {
    for (let r = 0; r < demand.length; r++) {
      demand[r] = Math.max(demand[r], MIN_EXPECTED, MIN_EXPECTED_RATIO * this.prior[r]);
    }
    return demand;
  }
}
