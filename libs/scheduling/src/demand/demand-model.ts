// What is known of the demand of a class of requests, and where the knowledge comes from.
import type { ResourceVector } from '../resources.js';

/** Where an estimate comes from, best first: backends said so, latency shows it, or it is what requests cost on average. */
export type DemandSource = 'reported' | 'inferred' | 'prior';

/** Says what a request of a class will need. */
export interface DemandModel {
  /** Writes the demand of the class into `out`, units by resource. Allocates nothing. */
  estimate(classId: number, out: ResourceVector): void;
}

/** An estimate for people to read. */
export interface DemandBelief {
  readonly demand: ResourceVector;
  readonly source: DemandSource;
  /** 0 for nothing known, towards 1 for sure: 1 / (1 + the largest relative standard error of what it contributes). */
  readonly confidence: number;
  /** Reports or latencies it rests on. */
  readonly samples: number;
}
