// What a placement policy is.
import type { Candidates } from '../candidates.js';
import type { LoadTable } from '../load-table.js';
import type { ResourceVector } from '../resources.js';
import type { Clock, Random } from '../clock-and-random.js';
import type { ScoredCandidate } from './explanation.js';

/** Chooses the backend for a request. It reads the load and changes nothing but its own memory. */
export interface PlacementPolicy {
  /**
   * The chosen position of `candidates.fleet`. All candidates are feasible and there is at least one of them.
   * Takes time in the number of candidates, allocates nothing. `affinity` is the request's affinity key hashed to 32
   * bits; absent when requests have no key.
   */
  choose(candidates: Candidates, demand: ResourceVector, affinity?: number): number;

  /**
   * What a choice among these candidates would be made from, by policies that can say so. Nothing is dispatched by it.
   */
  explain?(candidates: Candidates, demand: ResourceVector): ScoredCandidate[];

  /**
   * Told of each answer, by policies that weigh latency, once its reservation is released. `activeAtDispatch` is how many
   * other exchanges the backend had in flight when this one was sent.
   */
  observe?(slot: number, latencySeconds: number, activeAtDispatch: number): void;
}

/** What a policy may look at. */
export interface PolicyContext {
  readonly table: LoadTable;
  readonly random: Random;
  readonly clock: Clock;
}
