// Learns the demand of each class of requests from cost reports and from latency, and the speed of backends.
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

/** The estimate for a class of requests, with its name. */
export type NamedBelief = DemandBelief & { readonly name: string };

/** Header fields of a response, names in lower case. */
type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

@Injectable()
export class DemandLearning {
  private readonly logger = new Logger('DemandLearning');
  private readonly learner: DemandLearner;
  private readonly classifier: RequestClassifier;
  private readonly classes = new Set<number>();
  private readonly baseline = new LatencyBaseline();
  /** The estimated demand of each class. A vector is never changed, but replaced when something was learned. */
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

  /** The class of a request to a pool; empty: the default one. */
  classify(traits: RequestTraits, pool = ''): number {
    const classId = this.classifier.classify(traits, pool);
    if (this.estimates[classId] === undefined) this.classes.add(classId);
    return classId;
  }

  /** The estimated demand of a class, units, in the fleet's order. Must not be changed. */
  estimate(classId: number): ResourceVector {
    return this.estimates[classId] ?? this.recompute(classId);
  }

  /** Takes a fleet whose members or capacities have changed. */
  useFleet(fleet: FleetSnapshot): void {
    this.learner.useFleet(fleet);
    this.estimates = [];
  }

  /** Records that a request was dispatched; its reservation exists already. Fills in `ticket`. */
  dispatched(classId: number, slot: number, atSeconds: number, ticket: LearningTicket): void {
    this.learner.dispatched(classId, slot, this.table.active(slot) - 1, atSeconds, ticket);
  }

  /** Records a complete response; the reservation has been released. */
  completed(ticket: LearningTicket, atSeconds: number): void {
    const { slot } = ticket.sojourn;
    if (!this.learner.completed(ticket, this.table.active(slot), atSeconds)) return;
    this.estimates[ticket.classId] = undefined;
    this.table.own.speeds[slot] = this.learner.speed(slot);
  }

  /** A response's latency as a multiple of its class's usual latency; undefined while too few were seen. Records it. */
  recordAndCompare(classId: number, latencySeconds: number): number | undefined {
    return this.baseline.recordAndCompare(classId, latencySeconds);
  }

  /** The usual latency of a class, seconds; undefined while too few responses were seen. */
  usualSeconds(classId: number): number | undefined {
    return this.baseline.medianSeconds(classId);
  }

  /** Records that the request failed or was abandoned. */
  cancelled(ticket: LearningTicket, atSeconds: number): void {
    this.learner.cancelled(ticket, this.table.active(ticket.sojourn.slot), atSeconds);
  }

  /** Learns from the cost report of a response, if there is one. An invalid report is counted, and logged once. */
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

  /** The name of a class that is known. */
  nameOf(classId: number): string {
    return this.classifier.nameOf(classId) ?? '';
  }

  /** The estimates of all classes, for people. */
  beliefs(): NamedBelief[] {
    return [...this.classes].map((classId) => ({
      name: this.nameOf(classId),
      ...this.learner.belief(classId),
    }));
  }

  /** Why a report is ignored: it names none of the fleet's resources. */
  private problemOf(cost: ReadonlyMap<string, number>): string | undefined {
    return this.config.RESOURCES.names.some((name) => cost.has(name))
      ? undefined
      : 'they name no resource of this fleet';
  }

  private ignore(backend: FleetBackend, problem: string): void {
    this.table.own.counts.reportsIgnored++;
    if (this.warnedAbout.has(backend)) return;
    this.warnedAbout.add(backend);
    this.logger.warn(`cost reports of ${backend.id} are ignored: ${problem}`);
  }

  /** A class without a response has the mean of all others, which changes with every response and is not kept. */
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
