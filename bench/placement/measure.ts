// What is measured of a policy: the tail of its latencies, and the highest load at which it keeps up.
import type { PolicyName } from '@fairlead/scheduling';
import type { Trial } from './conditions.js';
import { simulate } from './simulation.js';
import type { Discipline } from './stations.js';

/** How much is simulated for one figure. */
export interface Effort {
  readonly requests: number;
  readonly seeds: readonly number[];
  readonly stabilityRequests: number;
}

export const FULL: Effort = { requests: 30_000, seeds: [1, 2, 3], stabilityRequests: 100_000 };
export const QUICK: Effort = { requests: 10_000, seeds: [1], stabilityRequests: 40_000 };

/** Grows slower than this part of what arrives: the fleet keeps up. */
const KEEPS_UP = 0.005;
/** Loads are told apart to this part of λ*. */
const RESOLUTION = 0.01;

/** p99 of the latencies, seconds: the median of the seeds. Every policy meets the same traffic. */
export function p99(trial: Trial, policy: PolicyName, load: number, discipline: Discipline, effort: Effort): number {
  const tails = effort.seeds.map((seed) => {
    const { latencySeconds } = simulate(trial.scenario(policy, load, { requests: effort.requests, seed, discipline }));
    return latencySeconds[Math.floor(0.99 * latencySeconds.length)];
  });
  return tails.sort((a, b) => a - b)[tails.length >> 1];
}

/**
 * Whether the fleet keeps up at `load`: over the second half of the arrivals, the number of requests in the system grows
 * by less than 0.5 % of the number that arrive.
 */
export function keepsUp(
  trial: Trial,
  policy: PolicyName,
  load: number,
  discipline: Discipline,
  effort: Effort,
): boolean {
  const requests = effort.stabilityRequests;
  const { inSystemHalfway, inSystemAtEnd } = simulate({
    ...trial.scenario(policy, load, { requests, seed: 1, discipline }),
    endsWithLastArrival: true,
  });
  return inSystemAtEnd - inSystemHalfway < (KEEPS_UP * requests) / 2;
}

/** The highest load, as a part of λ* and in steps of 0.01 up to 0.99, at which the fleet keeps up; found by bisection. */
export function highestStableLoad(trial: Trial, policy: PolicyName, discipline: Discipline, effort: Effort): number {
  let stable = 0;
  let unstable = 100;
  while (unstable - stable > 1) {
    // From the top: most of the interesting policies are stable up to there.
    const middle = unstable === 100 && stable === 0 ? 99 : (stable + unstable) >> 1;
    if (keepsUp(trial, policy, middle * RESOLUTION, discipline, effort)) stable = middle;
    else unstable = middle;
  }
  return stable * RESOLUTION;
}
