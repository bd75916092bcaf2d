// What a simulated balancer believes a request needs: declared, or learned from what it sees.
import type { ResourceVector } from '@fairlead/scheduling';
import type { RequestClass } from './fleets.js';

/** One finished exchange, as the balancer saw it. */
export interface Observation {
  readonly requestClass: number;
  readonly slot: number;
  readonly latencySeconds: number;
  /** Exchanges that the balancer had in flight on the backend when it sent this one. */
  readonly activeAtDispatch: number;
  /** Units that the backend says the request cost; absent unless backends report. */
  readonly reportedUnits?: ArrayLike<number>;
}

/** Estimates the demand of each class. The vectors it hands out are read at once and not kept. */
export interface DemandModel {
  estimate(requestClass: number): ResourceVector;
  learn(observation: Observation): void;
}

/** Every request declares the mean demand of its class. */
export class DeclaredDemand implements DemandModel {
  private readonly vectors: readonly ResourceVector[];

  constructor(classes: readonly RequestClass[]) {
    this.vectors = classes.map(({ demand }) => Float64Array.from(demand));
  }

  estimate(requestClass: number): ResourceVector {
    return this.vectors[requestClass];
  }

  learn(): void {}
}
