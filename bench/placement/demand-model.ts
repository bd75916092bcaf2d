// What a simulated balancer believes a request needs: declared, or learned from what it sees.
import { DemandLearner, type FleetSnapshot, type LearningTicket, type ResourceVector } from '@fairlead/scheduling';
import type { RequestClass } from './fleets.js';

/** An exchange as it begins. */
export interface Dispatch {
  readonly requestClass: number;
  readonly slot: number;
  /** Other exchanges that the balancer has in flight on the backend. */
  readonly others: number;
  readonly atSeconds: number;
}

/** An exchange as it ends. */
export interface Answer {
  readonly others: number;
  readonly atSeconds: number;
  /** Units that the backend says the request cost; absent unless backends report. */
  readonly reportedUnits?: ArrayLike<number>;
}

/** Estimates the demand of each class. The vectors it hands out are read at once and not kept. */
export interface DemandModel {
  estimate(requestClass: number): ResourceVector;
  /** Answers with what {@link answered} wants back, if anything. */
  dispatched(dispatch: Dispatch): LearningTicket | undefined;
  answered(ticket: LearningTicket | undefined, answer: Answer): void;
  /** How fast a backend is, as a multiple of what it declared. Absent: as it declared, always. */
  readonly speedOf?: (slot: number) => number;
}

/** Makes the model of a balancer over the fleet as it was declared. */
export type DemandModelFactory = (fleet: FleetSnapshot, classes: readonly RequestClass[]) => DemandModel;

/** Every request declares the mean demand of its class. */
export class DeclaredDemand implements DemandModel {
  private readonly vectors: readonly ResourceVector[];

  constructor(classes: readonly RequestClass[]) {
    this.vectors = classes.map(({ demand }) => Float64Array.from(demand));
  }

  estimate(requestClass: number): ResourceVector {
    return this.vectors[requestClass];
  }

  dispatched(): undefined {}

  answered(): void {}
}

/** No request declares anything: the library's learner watches. It is told of classes, not of what they need. */
export class LearnedDemand implements DemandModel {
  private readonly learner: DemandLearner;
  private readonly vector: ResourceVector;

  constructor(fleet: FleetSnapshot) {
    const { resourceCount, size } = fleet;
    this.learner = new DemandLearner({ resourceCount, slotCount: size });
    this.learner.useFleet(fleet);
    this.vector = new Float64Array(resourceCount);
  }

  estimate(requestClass: number): ResourceVector {
    this.learner.estimate(requestClass, this.vector);
    return this.vector;
  }

  dispatched({ requestClass, slot, others, atSeconds }: Dispatch): LearningTicket {
    return this.learner.dispatched(requestClass, slot, others, atSeconds);
  }

  answered(ticket: LearningTicket | undefined, { others, atSeconds, reportedUnits }: Answer): void {
    if (ticket === undefined) return;
    if (reportedUnits !== undefined) this.learner.reported(ticket.classId, reportedUnits, atSeconds);
    this.learner.completed(ticket, others, atSeconds);
  }

  readonly speedOf = (slot: number): number => this.learner.speed(slot);
}
