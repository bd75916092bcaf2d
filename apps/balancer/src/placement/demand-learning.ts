// What is learned of requests and backends: the part that does not depend on what declared capacity is taken for.
import {
  BINARY_COST_REPORT_HEADER,
  COST_REPORT_HEADER,
  LatencyBaseline,
  RequestClassifier,
  parseBinaryCostReport,
  parseCostReport,
  writeUtilization,
  type CostReport,
  type DemandBelief,
  type FleetSnapshot,
  type LatentTable,
  type LoadTable,
  type RequestTraits,
  type ResourceVector,
} from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import type { BalancerConfig } from '../config/balancer.config.js';
import type { FleetBackend } from '../registry/snapshot/fleet.js';

/** The estimate for a class of requests, with its name. */
export type NamedBelief = DemandBelief & {
  readonly name: string;
  /** Units by latent resource; absent where requests are placed by declared resources. */
  readonly latent?: Readonly<Record<string, number>>;
  /** How many more samples what was adopted weighs as much as; absent likewise. */
  readonly adoptedSamples?: number;
};

/** What a request in flight is known by at its end. Reused for another request after that. */
export interface LearningTicket {
  classId: number;
  slot: number;
}

/** How much is known of a class or a machine. */
export interface Knowledge {
  /** Latencies of responses of this balancer; older ones count for less. */
  readonly samples: number;
  /** How many more of them what was adopted weighs as much as. */
  readonly adoptedSamples: number;
  /** From 0 (nothing known) towards 1 (certain). */
  readonly confidence: number;
}

/** Placement over latent resources: what backends are believed to be, and what a request needs of them. */
export interface LatentView {
  /** A new object whenever the beliefs change. */
  readonly believedTable: LatentTable;
  /** What a class needs, units by latent resource. Must not be changed. */
  demandOf(classId: number): ResourceVector;
  /** How much is known of a class. */
  knowledgeOf(classId: number): Knowledge;
  /** The class of requests that declare such a demand. */
  classOfDeclared(demand: ResourceVector, pool: string): number;
}

/** Header fields of a response, names in lower case. */
type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The learning of one thread. Also the injection token. */
export abstract class DemandLearning {
  protected readonly classifier: RequestClassifier;
  /** The classes that are known. */
  protected readonly classes = new Set<number>();
  private readonly logger = new Logger('DemandLearning');
  private readonly baseline = new LatencyBaseline();
  private readonly warnedAbout = new WeakSet<FleetBackend>();
  /** Of the report at hand. */
  private readonly utilization: Float64Array;

  constructor(
    protected readonly table: LoadTable,
    protected readonly config: BalancerConfig,
  ) {
    this.utilization = new Float64Array(config.RESOURCES.size);
    const forget = (classId: number) => {
      this.classes.delete(classId);
      this.baseline.forget(classId);
      this.forgetClass(classId);
    };
    this.classifier = new RequestClassifier(config.DEMAND_CLASSES, forget, (classId, name) => {
      this.classes.add(classId);
      this.nameClass(classId, name);
    });
  }

  /** Undefined: requests are placed by declared resources. */
  abstract readonly latent: LatentView | undefined;

  /** A ticket for one request after another. */
  abstract createTicket(): LearningTicket;

  /** The estimated demand of a class, units, in the fleet's order. Must not be changed. */
  abstract estimate(classId: number): ResourceVector;

  /** Takes a fleet whose members or capacities have changed. */
  abstract useFleet(fleet: FleetSnapshot): void;

  /** Records that a request was dispatched; its reservation exists already. Fills in `ticket`. */
  abstract dispatched(classId: number, slot: number, atSeconds: number, ticket: LearningTicket): void;

  /** Records a complete response; the reservation has been released. */
  abstract completed(ticket: LearningTicket, atSeconds: number): void;

  /** Records that the request failed or was abandoned. */
  abstract cancelled(ticket: LearningTicket, atSeconds: number): void;

  /** The estimates of all classes, for people. */
  abstract beliefs(): NamedBelief[];

  /** The class of a request to a pool; empty: the default one. */
  classify(traits: RequestTraits, pool = ''): number {
    return this.classifier.classify(traits, pool);
  }

  /** A response's latency as a multiple of its class's usual latency; undefined while too few were seen. Records it. */
  recordAndCompare(classId: number, latencySeconds: number): number | undefined {
    return this.baseline.recordAndCompare(classId, latencySeconds);
  }

  /** The usual latency of a class, seconds; undefined while too few responses were seen. */
  usualSeconds(classId: number): number | undefined {
    return this.baseline.medianSeconds(classId);
  }

  /** Learns from the report of a response, if there is one. An invalid report is counted, and logged once. */
  readReport(classId: number, headers: ResponseHeaders, backend: FleetBackend): void {
    const report = reportIn(headers);
    if (report === undefined) return;
    if (!report.ok) return this.ignore(backend, report.reason);
    const { RESOURCES } = this.config;
    const hasCost = RESOURCES.names.some((name) => report.cost.has(name));
    const hasUtilization = writeUtilization(report, RESOURCES.names, this.utilization);
    if (!hasCost && !hasUtilization) return this.ignore(backend, 'they name no resource of this fleet');
    this.table.own.counts.reportsAccepted++;
    if (hasCost) this.reported(classId, RESOURCES.vectorOf(Object.fromEntries(report.cost)), backend.slot);
    if (hasUtilization) this.reportedUtilization(backend.slot, this.utilization);
  }

  /** The name of a class that is known. */
  nameOf(classId: number): string {
    return this.classifier.nameOf(classId) ?? '';
  }

  /** Records what the backend in a slot reported a request to have cost, units, in the fleet's order. */
  protected abstract reported(classId: number, cost: ResourceVector, slot: number): void;

  /** Records how busy a backend reports to be, 0 to 1, in the fleet's order; NaN: it does not say. The vector is reused. */
  protected reportedUtilization(_slot: number, _utilization: ResourceVector): void {}

  /** Takes a class that is new. */
  protected nameClass(_classId: number, _name: string): void {}

  /** Forgets a class whose number will be reused. */
  protected abstract forgetClass(classId: number): void;

  private ignore(backend: FleetBackend, problem: string): void {
    this.table.own.counts.reportsIgnored++;
    if (this.warnedAbout.has(backend)) return;
    this.warnedAbout.add(backend);
    this.logger.warn(`cost reports of ${backend.id} are ignored: ${problem}`);
  }
}

function reportIn(headers: ResponseHeaders): CostReport | undefined {
  const report = headers[COST_REPORT_HEADER];
  if (report !== undefined) return parseCostReport(String(report));
  const binary = headers[BINARY_COST_REPORT_HEADER];
  return binary === undefined ? undefined : parseBinaryCostReport(String(binary));
}
