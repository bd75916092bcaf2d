// What is known of the demand of a class of requests, and the source of that knowledge.
import type { ResourceVector } from '../resources.js';

/** The source of an estimate, best first: reports of backends, latency, or the mean of all requests. */
export type DemandSource = 'reported' | 'inferred' | 'prior';

/** Estimates what a request of a class needs. */
export interface DemandModel {
  /** Writes the demand of the class into `out`, units by resource. Allocates nothing. */
  estimate(classId: number, out: ResourceVector): void;
}

/** An estimate for display. */
export interface DemandBelief {
  /** Units by resource, in the fleet's order. */
  readonly demand: ResourceVector;
  readonly source: DemandSource;
  /** From 0 (nothing known) towards 1 (certain): 1 / (1 + the largest relative standard error). */
  readonly confidence: number;
  /** Number of reports or latencies it is based on. */
  readonly samples: number;
}
