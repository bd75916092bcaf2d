// The parts of a drift score, for people to read.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { drift } from './drift.js';

/** One resource's part of a candidate's score. */
export interface ScoreTerm {
  /** T: estimated seconds of work left. */
  readonly backlogSeconds: number;
  /** w: seconds of work the request would add. */
  readonly workSeconds: number;
  /** κ ((T + w)⁴ − T⁴) / 4, where κ is the weight of the backend. */
  readonly score: number;
}

/** A candidate and its score. The smallest score wins. */
export interface ScoredCandidate {
  /** Its row in the load table. */
  readonly slot: number;
  readonly score: number;
  /** By resource, in the fleet's order. */
  readonly terms: readonly ScoreTerm[];
}

/** Returns the score of the backend at `position`, term by term. `backlogSeconds` is T by resource, seconds. */
export function scoreTerms(
  backlogSeconds: ArrayLike<number>,
  fleet: FleetSnapshot,
  position: number,
  demand: ResourceVector,
): ScoredCandidate {
  const terms = Array.from(demand, (units, r) => {
    const alone = new Float64Array(demand.length);
    alone[r] = units;
    return {
      backlogSeconds: backlogSeconds[r],
      workSeconds: units === 0 ? 0 : units * fleet.inverseCapacity[position * fleet.resourceCount + r],
      score: drift(backlogSeconds, fleet, position, alone),
    };
  });
  return { slot: fleet.slots[position], score: drift(backlogSeconds, fleet, position, demand), terms };
}
