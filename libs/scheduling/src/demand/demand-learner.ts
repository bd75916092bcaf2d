// Learns what requests need: from the backends' reports where there are any, from latency alone where there are none.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import type { DemandBelief, DemandModel, DemandSource } from './demand-model.js';
import { FleetCapacity } from './fleet-capacity.js';
import { LatencyInference } from './latency-inference.js';
import { ReportedDemand } from './reported-demand.js';
import { ServiceMeter, Sojourn } from './service-meter.js';
import { SpeedFactors } from './speed-factors.js';

/** A class needs so many latencies before it is evidence of a backend's speed. */
const SAMPLES_TO_JUDGE_SPEED = 10;
/** A report of a resource that a request did not need so far is held against this. Units. */
const MIN_EXPECTED = 1e-3;
/** The same as a part of the prior. */
const MIN_EXPECTED_RATIO = 0.01;

/** Of a class that so many answers are known of, no more are learned from than one each so often. */
const SAMPLES_TO_BE_SURE = 200;
const MIN_SECONDS_BETWEEN = 4e-3;

/**
 * A request under way, as {@link DemandLearner.dispatched} hands it out. Answered or abandoned, it can be another request's:
 * two objects and their numbers for each request are what costs most about learning.
 */
export class LearningTicket {
  classId = -1;
  readonly sojourn = new Sojourn();
}

/** What fixes the size of a learner. */
export interface DemandLearnerShape {
  readonly resourceCount: number;
  /** Slots of the load table. */
  readonly slotCount: number;
}

/**
 * The demand of each class: the mean of its reports; else what its latencies show; else the mean of the fleet's requests,
 * reported or inferred; else one unit of each resource. Beside it the speed of each backend against what it declared.
 * Times are seconds on one monotonic clock. An answer that is learned from takes O(resources²), any other O(1): of a class
 * that is asked for more often than 250 times a second a part is learned from, which is as good and costs less.
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

  /** Membership or capacities have changed. */
  useFleet(fleet: FleetSnapshot): void {
    this.capacity.use(fleet);
  }

  /**
   * A request of a class was sent to a backend on which `others` were in flight, whoever sent them. Fills in and answers
   * `ticket`, of which the request before must be over.
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

  /** It was answered in full, and `others` are in flight there now. Answers whether anything was learned from it. */
  completed({ classId, sojourn }: LearningTicket, others: number, atSeconds: number): boolean {
    const seconds = this.meter.leave(sojourn, others, atSeconds);
    if (!(seconds > 0) || !this.isWorthLearning(classId, atSeconds)) return false;
    this.learnedAt[classId] = atSeconds;
    const weight = LatencyInference.weightAmong(sojourn.othersAtDispatch);
    this.inference.learn(classId, sojourn.slot, seconds, this.speeds.factor(sojourn.slot), weight);
    if (this.canJudgeSpeed(classId)) {
      this.speeds.observe(sojourn.slot, seconds, this.declaredSeconds(classId, sojourn.slot), weight);
    }
    return true;
  }

  /** It failed or was given up, and `others` are in flight there now. Nothing is learned but that it is gone. */
  cancelled({ sojourn }: LearningTicket, others: number, atSeconds: number): void {
    this.meter.abandon(sojourn, others, atSeconds);
  }

  /** A backend has reported what a request of the class cost it, units by resource. */
  reported(classId: number, demand: ArrayLike<number>, atSeconds: number): void {
    this.estimate(classId, this.current);
    this.estimatePrior(this.prior);
    const reports = (this.reports[classId] ??= new ReportedDemand(this.current.length));
    reports.add(demand, this.atLeastSome(this.current), atSeconds);
    this.fleetReports.add(demand, this.atLeastSome(this.prior), atSeconds);
  }

  /** Whether anything was seen of the class. */
  knows(classId: number): boolean {
    return this.reports[classId] !== undefined || this.inference.knows(classId);
  }

  estimate(classId: number, out: ResourceVector): void {
    const reports = this.reports[classId];
    if (reports !== undefined) out.set(reports.mean);
    else if (this.inference.knows(classId)) this.inference.estimate(classId, out);
    else this.estimatePrior(out);
  }

  /** What is known of a class, for people to read. */
  belief(classId: number): DemandBelief {
    const demand = new Float64Array(this.current.length);
    this.estimate(classId, demand);
    const source = this.sourceOf(classId);
    const samples = source === 'reported' ? this.reportsOf(classId) : this.inference.samples(classId);
    // Requests of a class are taken to differ by as much as their mean, as with exponential work.
    const spread = 1 / Math.sqrt(samples);
    const error = source === 'reported' ? spread : Math.max(spread, this.inference.relativeError(classId));
    return { demand, source, confidence: 1 / (1 + error), samples };
  }

  /** How fast a backend is, as a multiple of what it declared, ½ to 2. */
  speed(slot: number): number {
    return this.speeds.factor(slot);
  }

  /** How strictly backends serve requests in the order they came, 0 to 1. */
  get order(): number {
    return this.meter.order;
  }

  /** The class's number will be another's. */
  forgetClass(classId: number): void {
    this.inference.forget(classId);
    this.reports[classId] = undefined;
  }

  /** The slot will be another backend's. Only when nothing is in flight there. */
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

  private reportsOf(classId: number): number {
    return this.reports[classId]?.reports ?? 0;
  }

  private isWorthLearning(classId: number, atSeconds: number): boolean {
    if (this.inference.samples(classId) < SAMPLES_TO_BE_SURE) return true;
    return atSeconds - this.learnedAt[classId] >= MIN_SECONDS_BETWEEN;
  }

  private canJudgeSpeed(classId: number): boolean {
    return this.reportsOf(classId) + this.inference.samples(classId) >= SAMPLES_TO_JUDGE_SPEED;
  }

  private declaredSeconds(classId: number, slot: number): number {
    this.estimate(classId, this.current);
    let seconds = 0;
    for (let r = 0; r < this.current.length; r++) seconds += this.current[r] * this.capacity.secondsFor(slot, r);
    return seconds;
  }

  /** What a report is held against: never nothing, or a resource that was not needed so far could never be learned. */
  private atLeastSome(demand: ResourceVector): ResourceVector {
    for (let r = 0; r < demand.length; r++) {
      demand[r] = Math.max(demand[r], MIN_EXPECTED, MIN_EXPECTED_RATIO * this.prior[r]);
    }
    return demand;
  }
}
