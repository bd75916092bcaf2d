// What the health of single backends means for the fleet: which backends receive requests, and how many may be ejected.
import type { BackendHealth } from './backend-health.js';

/** The backends that receive requests. */
export interface Traffic<Member> {
  readonly members: readonly Member[];
  /** Whether unhealthy members are included because too few are healthy. */
  readonly isPanic: boolean;
}

/**
 * Returns the members that receive requests: those that are `up`. When these are a smaller fraction of the fleet than
 * `panicThreshold` (0 to 1), every member that responds is included: the few would be overloaded by the traffic of all,
 * and a doubtful backend is better than none (Envoy's panic threshold). Members that are `down` and gave no response to
 * their last ping stay out, and so do members that have never been up. When no member is up, suspects are included at
 * any threshold.
 */
export function inTraffic<Member extends { readonly health: BackendHealth }>(
  fleet: readonly Member[],
  panicThreshold: number,
): Traffic<Member> {
  const known = fleet.filter(({ health }) => health.hasBeenUp && health.state !== 'joining');
  const up = known.filter(({ health }) => health.state === 'up');
  const isEnough = up.length > 0 && up.length >= panicThreshold * known.length;
  if (isEnough) return { members: up, isPanic: false };
  const eligible = known.filter(({ health }) => {
    return panicThreshold > 0 ? health.state !== 'down' || health.isResponsive : isLastResort(health);
  });
  return { members: eligible, isPanic: eligible.length > up.length };
}

function isLastResort({ state }: BackendHealth): boolean {
  return state === 'up' || state === 'suspect';
}

/**
 * Whether a backend may be ejected next to these others: never the last one that is up, and at most `maxRatio` (0 to 1)
 * of the fleet at a time, but always at least one unless `maxRatio` is 0 (Envoy's `max_ejection_percent`).
 */
export function mayEject(others: readonly { readonly health: BackendHealth }[], maxRatio: number): boolean {
  const count = (state: BackendHealth['state']) => others.filter(({ health }) => health.state === state).length;
  const maxEjected = maxRatio === 0 ? 0 : Math.max(1, Math.floor(maxRatio * (others.length + 1)));
  return count('up') > 0 && count('ejected') < maxEjected;
}

/**
 * Returns the duration of the `count`th ejection in a row, seconds: `baseSeconds` · `count`, at most `maxSeconds`. As
 * in Envoy.
 */
export function ejectionSeconds(count: number, baseSeconds: number, maxSeconds: number): number {
  return Math.min(baseSeconds * count, maxSeconds);
}

/** The fraction of its capacity that a backend starts with. */
const MIN_SLOW_START_RATIO = 0.1;

/**
 * Returns the fraction of its capacity (0.1 to 1) that a backend gets when it has been up for `upSeconds`. It grows
 * linearly over `windowSeconds`, so that caches fill and pools open before the full load arrives. A window of 0 turns
 * it off.
 */
export function slowStartRatio(upSeconds: number, windowSeconds: number): number {
  if (windowSeconds === 0 || upSeconds >= windowSeconds) return 1;
  return Math.max(MIN_SLOW_START_RATIO, upSeconds / windowSeconds);
}

/**
 * Whether simultaneous failures point to the observer rather than the backends: more than `ratio` (0 to 1) of `total`
 * backends fail, and there are at least three. After Eureka's self-preservation.
 */
export function isLikelyLocalFault(failing: number, total: number, ratio: number): boolean {
  return total >= 3 && failing > ratio * total;
}
