// Learning with DECLARED_CAPACITY=prior, in a thread that serves clients: it logs when requests start and end, and uses
// what the main thread makes of the logs of all threads.
import {
  NO_LATENT_DEMAND,
  type FleetSnapshot,
  type LatentTable,
  type LoadTable,
  type ResourceVector,
} from '@fairlead/scheduling';
import { monotonicSeconds, sharedSecondsFromSeconds } from '../../clock/monotonic.js';
import type { BalancerConfig } from '../../config/balancer.config.js';
import type { Fleet } from '../../registry/snapshot/fleet.js';
import {
  DemandLearning,
  type Knowledge,
  type LatentView,
  type LearningTicket,
  type NamedBelief,
} from '../demand-learning.js';
import { DeclaredClasses } from './declared-classes.js';
import { beliefsOf, knowledgeOf, unitsOfDeclared, usualCapacity, usualDemand, usualSeconds } from './beliefs.js';
import type { Beliefs, LatentLink, ReportedCost } from './latent-link.js';
import { ReportedCosts } from './reported-costs.js';
import { Speeds } from './speeds.js';

/** How often the reported utilization of a backend is passed on, seconds. */
const UTILIZATION_INTERVAL_SECONDS = 1;
/**
 * Where some backend lacks a resource, a class's demand for it counts as none if it is below this part of the class's work.
 * Latency shows poorly which resource a request needs, hence the higher bound for a demand that was inferred from it.
 */
const MIN_REPORTED_SHARE = 0.05;
const MIN_INFERRED_SHARE = 0.5;

class Ticket implements LearningTicket {
  classId = -1;
  slot = -1;
  /** Its number in the log. */
  exchange = 0;
}

export class LatentLearning extends DemandLearning implements LatentView {
  private believed: Beliefs | undefined;
  /** What each class needs while these beliefs last: of the latent resources, and of the declared ones. */
  private demands: (ResourceVector | undefined)[] = [];
  private estimates: (ResourceVector | undefined)[] = [];
  /** The demand of classes that are not in the table. */
  private usual: ResourceVector = NO_LATENT_DEMAND;
  /** Units per second of the usual backend, by declared resource. */
  private usualCapacity: ResourceVector;
  private fleet: FleetSnapshot | undefined;
  private readonly declared: DeclaredClasses;
  private readonly reports: ReportedCosts;
  /** When the utilization of a backend was last passed on, by slot. */
  private readonly utilizationSentAt: Float64Array;

  constructor(
    private readonly link: LatentLink,
    fleet: Pick<Fleet, 'listen'>,
    table: LoadTable,
    config: BalancerConfig,
  ) {
    super(table, config);
    this.usualCapacity = new Float64Array(config.RESOURCES.size).fill(1);
    this.reports = new ReportedCosts((classId, cost) => link.reportCost(this.nameOf(classId), cost));
    this.utilizationSentAt = new Float64Array(table.shape.slotCount).fill(-Infinity);
    this.declared = new DeclaredClasses(config.RESOURCES.names, (name) => this.classifier.numberOf(name));
    fleet.listen({ slotFreed: (slot) => this.forgetSlot(slot) });
    link.listen((beliefs) => this.useBeliefs(beliefs));
  }

  /** Undefined until the main thread has sent what it believes. */
  get latent(): LatentView | undefined {
    return this.believed ? this : undefined;
  }

  /** What is believed, with the class numbers of the main thread. */
  get beliefsInUse(): Beliefs {
    if (!this.believed) throw new Error('the main thread has not sent yet what it believes');
    return this.believed;
  }

  get believedTable(): LatentTable {
    return this.beliefsInUse.table;
  }

  createTicket(): Ticket {
    return new Ticket();
  }

  estimate(classId: number): ResourceVector {
    return (this.estimates[classId] ??= this.declaredPart(classId));
  }

  demandOf(classId: number): ResourceVector {
    return (this.demands[classId] ??= this.latentDemand(classId));
  }

  knowledgeOf(classId: number): Knowledge {
    const { table, numbers } = this.beliefsInUse;
    const number = numbers.get(this.nameOf(classId));
    return number === undefined
      ? knowledgeOf(0, 0)
      : knowledgeOf(table.classSamples[number], table.adoptedClassSamples[number]);
  }

  classOfDeclared(demand: ResourceVector, pool: string): number {
    return this.declared.classOf(demand, pool);
  }

  useFleet(fleet: FleetSnapshot): void {
    this.fleet = fleet;
    const declared = capacitiesOf(fleet).filter((_, position) => fleet.isDeclaredAt(position));
    this.usualCapacity = usualCapacity(declared, fleet.resourceCount);
    this.estimates = [];
    this.applySpeeds();
  }

  dispatched(classId: number, slot: number, atSeconds: number, ticket: LearningTicket): void {
    ticket.classId = classId;
    ticket.slot = slot;
    (ticket as Ticket).exchange = this.link.log.start(classId, slot, sharedSecondsFromSeconds(atSeconds));
  }

  completed(ticket: LearningTicket, atSeconds: number): void {
    this.link.log.end((ticket as Ticket).exchange, ticket.slot, sharedSecondsFromSeconds(atSeconds), true);
  }

  cancelled(ticket: LearningTicket, atSeconds: number): void {
    this.link.log.end((ticket as Ticket).exchange, ticket.slot, sharedSecondsFromSeconds(atSeconds), false);
  }

  beliefs(): NamedBelief[] {
    return beliefsOf(this.beliefsInUse, this.usualCapacity);
  }

  protected reported(classId: number, cost: ResourceVector, slot: number): void {
    this.reports.add(classId, slot, cost);
  }

  protected override reportedUtilization(slot: number, utilization: ResourceVector): void {
    const now = monotonicSeconds();
    if (now - this.utilizationSentAt[slot] < UTILIZATION_INTERVAL_SECONDS) return;
    this.utilizationSentAt[slot] = now;
    this.link.reportUtilization(slot, Array.from(utilization));
  }

  protected override nameClass(classId: number, name: string): void {
    this.demands[classId] = undefined;
    this.estimates[classId] = undefined;
    this.link.nameClass(classId, name);
  }

  protected forgetClass(classId: number): void {
    this.reports.forget(classId);
    this.declared.forget(classId);
  }

  private forgetSlot(slot: number): void {
    this.reports.forgetSlot(slot);
    this.utilizationSentAt[slot] = -Infinity;
  }

  private useBeliefs(beliefs: Beliefs): void {
    this.believed = beliefs;
    this.usual = usualDemand(beliefs.table);
    this.demands = [];
    this.estimates = [];
    this.applySpeeds();
  }

  private latentDemand(classId: number): ResourceVector {
    const { table, numbers, isAnchored } = this.beliefsInUse;
    const { rankLimit } = table.shape;
    const number = numbers.get(this.nameOf(classId));
    const declared = isAnchored ? this.declared.demandOf(classId) : undefined;
    const isKnown = number !== undefined && table.classSamples[number] > 0;
    if (isKnown) {
      const demand = table.demand.slice(number * rankLimit, (number + 1) * rankLimit).fill(0, table.rank);
      if (!declared || table.rank < declared.length) return demand;
      // Latency does not show well which resource a request needs; what it does not need is declared.
      return demand.map((units, r) => (declared[r] === 0 ? 0 : units));
    }
    // Nothing is known of the class but what its requests declare.
    if (declared) return this.usual.map((_, r) => declared[r] ?? 0);
    return this.usual;
  }

  /** What a class needs of the declared resources, units: as it was reported, or else of the latent resources in their place. */
  private declaredPart(classId: number): ResourceVector {
    const { rank } = this.believedTable;
    const report = this.reportOf(classId);
    const demand = report
      ? Float64Array.from(report.units)
      : unitsOfDeclared(this.demandOf(classId), rank, this.usualCapacity);
    // Equal parts say nothing of which resource is needed.
    if (!report && rank < demand.length) return demand;
    const seconds = usualSeconds(demand, this.usualCapacity);
    const whole = seconds.reduce((sum, each) => sum + each, 0);
    const least = (report ? MIN_REPORTED_SHARE : MIN_INFERRED_SHARE) * whole;
    const most = Math.max(...seconds);
    return demand.map((units, r) => {
      const isSmall = seconds[r] < Math.min(least, most);
      return isSmall && this.isMissingSomewhere(r) ? 0 : units;
    });
  }

  private reportOf(classId: number): ReportedCost | undefined {
    const { numbers, reported } = this.beliefsInUse;
    return reported[numbers.get(this.nameOf(classId)) ?? -1];
  }

  private isMissingSomewhere(r: number): boolean {
    const { fleet } = this;
    if (!fleet || fleet.hasAllResources) return false;
    for (let position = 0; position < fleet.size; position++) {
      if (fleet.capacity[position * fleet.resourceCount + r] === 0) return true;
    }
    return false;
  }

  /** Tells the policies that do not use latent resources how fast backends are. */
  private applySpeeds(): void {
    const { fleet, believed } = this;
    if (!fleet || !believed) return;
    const speeds = new Speeds(believed.table, this.usualCapacity);
    capacitiesOf(fleet).forEach((units, position) => {
      const slot = fleet.slots[position];
      this.table.own.speeds[slot] = speeds.of(slot, units);
    });
  }
}

/** Of each backend, by position: units per second. */
function capacitiesOf({ slots, capacity, resourceCount }: FleetSnapshot): Float64Array[] {
  return Array.from(slots, (_, position) =>
    capacity.subarray(position * resourceCount, (position + 1) * resourceCount),
  );
}
