// Learning with DECLARED_CAPACITY=trusted: each thread estimates the demand of classes from cost reports and from latency,
// on the assumption that declared capacities are right up to a speed of ½ to 2.
import {
  DemandLearner,
  LearningTicket as LearnerTicket,
  type FleetSnapshot,
  type LoadTable,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { BalancerConfig } from '../config/balancer.config.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { Fleet } from '../registry/snapshot/fleet.js';
import { DemandLearning, type LearningTicket, type NamedBelief } from './demand-learning.js';

/** The learner's ticket, with the slot that it has anyway. */
class Ticket extends LearnerTicket implements LearningTicket {
  get slot(): number {
    return this.sojourn.slot;
  }
}

export class TrustedLearning extends DemandLearning {
  readonly latent = undefined;
  private readonly learner: DemandLearner;
  /** The estimated demand of each class. A vector is never changed, but replaced when something was learned. */
  private estimates: (ResourceVector | undefined)[] = [];

  constructor(fleet: Fleet, table: LoadTable, config: BalancerConfig) {
    super(table, config);
    this.learner = new DemandLearner(table.shape);
    fleet.listen({ slotFreed: (slot) => this.learner.forgetBackend(slot) });
  }

  createTicket(): Ticket {
    return new Ticket();
  }

  estimate(classId: number): ResourceVector {
    return this.estimates[classId] ?? this.recompute(classId);
  }

  useFleet(fleet: FleetSnapshot): void {
    this.learner.useFleet(fleet);
    this.estimates = [];
  }

  dispatched(classId: number, slot: number, atSeconds: number, ticket: LearningTicket): void {
    this.learner.dispatched(classId, slot, this.table.active(slot) - 1, atSeconds, ticket as Ticket);
  }

  completed(ticket: LearningTicket, atSeconds: number): void {
    const { slot } = ticket;
    if (!this.learner.completed(ticket as Ticket, this.table.active(slot), atSeconds)) return;
    this.estimates[ticket.classId] = undefined;
    this.table.own.speeds[slot] = this.learner.speed(slot);
  }

  cancelled(ticket: LearningTicket, atSeconds: number): void {
    this.learner.cancelled(ticket as Ticket, this.table.active(ticket.slot), atSeconds);
  }

  beliefs(): NamedBelief[] {
    return [...this.classes].map((classId) => ({ name: this.nameOf(classId), ...this.learner.belief(classId) }));
  }

  protected reported(classId: number, cost: ResourceVector): void {
    this.learner.reported(classId, cost, monotonicSeconds());
    this.estimates[classId] = undefined;
  }

  protected forgetClass(classId: number): void {
    this.estimates[classId] = undefined;
    this.learner.forgetClass(classId);
  }

  /** A class without a response has the mean of all others, which changes with every response and is not kept. */
  private recompute(classId: number): ResourceVector {
    const demand = new Float64Array(this.config.RESOURCES.size);
    this.learner.estimate(classId, demand);
    if (this.learner.knows(classId)) this.estimates[classId] = demand;
    return demand;
  }
}
