// The two measures of a policy: its tail latency, and the highest load at which it keeps up.
import { simulate, type Scenario } from './simulation.js';

/** How much is simulated for one figure. */
export interface Effort {
  readonly requests: number;
  readonly seeds: readonly number[];
  /** The same for learned demand, which varies more between seeds. */
  readonly learningSeeds: readonly number[];
  /** The minimum number of requests to judge a load stable. */
  readonly stabilityRequests: number;
  /** The same for each backend: a large fleet takes longer to settle. */
  readonly stabilityRequestsPerBackend: number;
}

export const FULL: Effort = {
  requests: 30_000,
  seeds: [1, 2, 3],
  learningSeeds: [1, 2, 3, 4, 5],
  stabilityRequests: 100_000,
  stabilityRequestsPerBackend: 5_000,
};
export const QUICK: Effort = {
  requests: 10_000,
  seeds: [1],
  learningSeeds: [1],
  stabilityRequests: 40_000,
  stabilityRequestsPerBackend: 400,
};

/** A scenario without its length and seed. */
export type Setting = (run: Pick<Scenario, 'requests' | 'seed'>) => Scenario;

/** If the number in the system grows by less than this fraction of the arrivals, the fleet keeps up. */
const KEEPS_UP = 0.005;
/** If it grows by more than this in a short run, the fleet does not keep up, and no long run is needed. */
const FALLS_BEHIND = 10 * KEEPS_UP;
/** Resolution of the highest stable load, as a fraction of λ*. */
const RESOLUTION = 0.01;

/** p99 latency for each seed, seconds. Every policy gets the same traffic. */
export function tails(setting: Setting, requests: number, seeds: readonly number[]): number[] {
  return seeds.map((seed) => {
    const { latencySeconds } = simulate(setting({ requests, seed }));
    return latencySeconds[Math.floor(0.99 * latencySeconds.length)];
  });
}

/** The median of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1];
}

/**
 * Whether the fleet keeps up: over the second half of the arrivals, the number of requests in the system grows by less
 * than 0.5 % of the number that arrive. On a large fleet, a short run may already show growth above 5 %.
 */
export function keepsUp(setting: Setting, effort: Effort): boolean {
  const backends = setting({ requests: 0, seed: 1 }).fleet.capacities.length;
  const requests = Math.max(effort.stabilityRequests, backends * effort.stabilityRequestsPerBackend);
  if (requests > effort.stabilityRequests && growth(setting, effort.stabilityRequests) > FALLS_BEHIND) return false;
  return growth(setting, requests) < KEEPS_UP;
}

/** Growth of the number of requests in the system over the second half of a run, as a fraction of the arrivals. */
function growth(setting: Setting, requests: number): number {
  const { inSystemHalfway, inSystemAtEnd } = simulate({ ...setting({ requests, seed: 1 }), endsWithLastArrival: true });
  return (inSystemAtEnd - inSystemHalfway) / (requests / 2);
}

/** The highest load at which the fleet keeps up, by bisection: a fraction of λ* in steps of 0.01 up to 0.99. */
export function highestStableLoad(settingAt: (load: number) => Setting, effort: Effort): number {
  let stable = 0;
  let unstable = 100;
  while (unstable - stable > 1) {
    // Try the highest load first: most of the relevant policies are stable there.
    const middle = unstable === 100 && stable === 0 ? 99 : (stable + unstable) >> 1;
    if (keepsUp(settingAt(middle * RESOLUTION), effort)) stable = middle;
    else unstable = middle;
  }
  return stable * RESOLUTION;
}
