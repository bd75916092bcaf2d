// The interface of a placement policy.
import type { Candidates } from '../candidates.js';
import type { Exploration } from '../latent/exploration.js';
import type { LoadTable } from '../load/load-table.js';
import type { ResourceVector } from '../resources.js';
import type { Clock, Random } from '../clock-and-random.js';
import type { ScoredCandidate } from './explanation.js';

/** Chooses the backend for a request. Reads the load and changes nothing but its own state. */
export interface PlacementPolicy {
  /**
   * Returns the chosen position of `candidates.fleet`. All candidates are feasible and there is at least one. At most
   * O(candidates × resources); allocates nothing per request.
   *
   * @param demand units by resource.
   * @param affinity the request's affinity key hashed to 32 bits; absent when requests have no key.
   */
  choose(candidates: Candidates, demand: ResourceVector, affinity?: number): number;

  /**
   * Returns the scores that a choice among these candidates would compare. Only for policies with scores. Dispatches
   * nothing.
   */
  explain?(candidates: Candidates, demand: ResourceVector): ScoredCandidate[];

  /**
   * Called for each response, after its reservation is released; for policies that use latency.
   *
   * @param activeAtDispatch how many other exchanges the backend had in flight when this one was sent.
   */
  observe?(slot: number, latencySeconds: number, activeAtDispatch: number): void;
}

/** What a policy has access to. */
export interface PolicyContext {
  readonly table: LoadTable;
  readonly random: Random;
  readonly clock: Clock;
  /** Sends some requests where machines are little known, in policies that predict latency; absent: none. */
  readonly exploration?: Exploration;
}
