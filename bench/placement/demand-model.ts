// What a simulated balancer assumes a request needs: declared, or learned from observations.
import { DemandLearner, type FleetSnapshot, type LearningTicket, type ResourceVector } from '@fairlead/scheduling';
import type { RequestClass } from './fleets.js';

/** The start of an exchange. */
export interface Dispatch {
  readonly requestClass: number;
  readonly slot: number;
  /** Other exchanges that the balancer has in flight on the backend. */
  readonly others: number;
  readonly atSeconds: number;
}

/** The end of an exchange. */
export interface Completion {
  readonly others: number;
  readonly atSeconds: number;
  /** Cost of the request as reported by the backend, units; absent unless backends report. */
  readonly reportedUnits?: ArrayLike<number>;
}

/** Estimates the demand of each class. A returned vector is valid until the next call. */
export interface DemandModel {
  estimate(requestClass: number): ResourceVector;
  /** Returns the ticket to pass to {@link completed}, if any. */
  dispatched(dispatch: Dispatch): LearningTicket | undefined;
  completed(ticket: LearningTicket | undefined, completion: Completion): void;
  /** The speed of a backend as a multiple of its declared speed. Absent when speeds are not learned. */
  readonly speedOf?: (slot: number) => number;
}

/** Creates the model of a balancer for the declared fleet. */
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

  completed(): void {}
}

/** No request declares its demand: the library's learner estimates it, and is given only the class of each request. */
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

  completed(ticket: LearningTicket | undefined, { others, atSeconds, reportedUnits }: Completion): void {
    if (ticket === undefined) return;
    if (reportedUnits !== undefined) this.learner.reported(ticket.classId, reportedUnits, atSeconds);
    this.learner.completed(ticket, others, atSeconds);
  }

  readonly speedOf = (slot: number): number => this.learner.speed(slot);
}
