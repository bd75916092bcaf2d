// What requests need when nobody says so: classes of requests, learned from cost reports and from latency.
import {
  BINARY_COST_REPORT_HEADER,
  COST_REPORT_HEADER,
  DemandLearner,
  LoadTable,
  RequestClassifier,
  LatencyBaseline,
  parseBinaryCostReport,
  parseCostReport,
  type CostReport,
  type DemandBelief,
  type FleetSnapshot,
  type LearningTicket,
  type RequestTraits,
  type ResourceVector,
} from '@fairlead/scheduling';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { Fleet, type FleetBackend } from '../registry/snapshot/fleet.js';
import { monotonicSeconds } from '../clock/monotonic.js';

/** What is believed of a class of requests, and its name. */
export type NamedBelief = DemandBelief & { readonly name: string };

/** Header fields of an answer, names in lower case. */
type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

@Injectable()
export class DemandLearning {
  private readonly logger = new Logger('DemandLearning');
  private readonly learner: DemandLearner;
  private readonly classifier: RequestClassifier;
  private readonly classes = new Set<number>();
  private readonly baseline = new LatencyBaseline();
  /** What was estimated of each class. Never changed, but replaced when something was learned. */
  private estimates: (ResourceVector | undefined)[] = [];
  private readonly warnedAbout = new WeakSet<FleetBackend>();

  constructor(
    fleet: Fleet,
    private readonly table: LoadTable,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.learner = new DemandLearner(table.shape);
    this.classifier = new RequestClassifier(config.DEMAND_CLASSES, (classId) => this.forgetClass(classId));
    fleet.listen({ slotFreed: (slot) => this.learner.forgetBackend(slot) });
  }

  /** The number of the class that a request belongs to. */
  classify(traits: RequestTraits): number {
    const classId = this.classifier.classify(traits);
    if (this.estimates[classId] === undefined) this.classes.add(classId);
    return classId;
  }

  /** What requests of a class need, units, in the fleet's order. Not to be changed. */
  estimate(classId: number): ResourceVector {
    return this.estimates[classId] ?? this.recompute(classId);
  }

  /** Membership or capacities have changed. */
  useFleet(fleet: FleetSnapshot): void {
    this.learner.useFleet(fleet);
    this.estimates = [];
  }

  /** A request of a class goes to a backend, on which it is counted already. `ticket` is filled in. */
  dispatched(classId: number, slot: number, atSeconds: number, ticket: LearningTicket): void {
    this.learner.dispatched(classId, slot, this.table.active(slot) - 1, atSeconds, ticket);
  }

  /** It was answered whole. Its own reservation is released by now. */
  completed(ticket: LearningTicket, atSeconds: number): void {
    const { slot } = ticket.sojourn;
    if (!this.learner.completed(ticket, this.table.active(slot), atSeconds)) return;
    this.estimates[ticket.classId] = undefined;
    this.table.own.speeds[slot] = this.learner.speed(slot);
  }

  /** How many times as long as is usual for its class an answer took; undefined while too few were seen. */
  recordAndCompare(classId: number, latencySeconds: number): number | undefined {
    return this.baseline.recordAndCompare(classId, latencySeconds);
  }

  /** The latency that is usual for a class, seconds; undefined while too little is known of it. */
  usualSeconds(classId: number): number | undefined {
    return this.baseline.medianSeconds(classId);
  }

  /** It failed, or was given up. */
  cancelled(ticket: LearningTicket, atSeconds: number): void {
    this.learner.cancelled(ticket, this.table.active(ticket.sojourn.slot), atSeconds);
  }

  /** Takes in the cost report of an answer, if it carries one. What makes no sense is counted, and logged once. */
  readReport(classId: number, headers: ResponseHeaders, backend: FleetBackend): void {
    const report = reportIn(headers);
    if (report === undefined) return;
    const problem = report.ok ? this.problemOf(report.cost) : report.reason;
    if (problem !== undefined) {
      this.ignore(backend, problem);
      return;
    }
    if (!report.ok) return;
    this.table.own.counts.reportsAccepted++;
    const demand = this.config.RESOURCES.vectorOf(Object.fromEntries(report.cost));
    this.learner.reported(classId, demand, monotonicSeconds());
    this.estimates[classId] = undefined;
  }

  /** What is known of each class, for people to read. */
  beliefs(): NamedBelief[] {
    return [...this.classes].map((classId) => ({
      name: this.classifier.nameOf(classId) ?? '',
      ...this.learner.belief(classId),
    }));
  }

  /** A report that names none of the fleet's resources says nothing. */
  private problemOf(cost: ReadonlyMap<string, number>): string | undefined {
    return this.config.RESOURCES.names.some((name) => cost.has(name)) ? undefined : 'no resource of this fleet';
  }

  private ignore(backend: FleetBackend, problem: string): void {
    this.table.own.counts.reportsIgnored++;
    if (this.warnedAbout.has(backend)) return;
    this.warnedAbout.add(backend);
    this.logger.warn(`${backend.id} sends cost reports that are ignored: ${problem}`);
  }

  /** Of a class of which nothing was seen it is the mean of all others, and changes with every answer. */
  private recompute(classId: number): ResourceVector {
    const demand = new Float64Array(this.config.RESOURCES.size);
    this.learner.estimate(classId, demand);
    if (this.learner.knows(classId)) this.estimates[classId] = demand;
    return demand;
  }

  private forgetClass(classId: number): void {
    this.estimates[classId] = undefined;
    this.classes.delete(classId);
    this.baseline.forget(classId);
    this.learner.forgetClass(classId);
  }
}

function reportIn(headers: ResponseHeaders): CostReport | undefined {
  const report = headers[COST_REPORT_HEADER];
  if (report !== undefined) return parseCostReport(String(report));
  const binary = headers[BINARY_COST_REPORT_HEADER];
  return binary === undefined ? undefined : parseBinaryCostReport(String(binary));
}
