// What the health of single backends means for the fleet: who is in traffic, and how many may be left out of it.
import type { BackendHealth } from './backend-health.js';

/** Who is given requests. */
export interface Traffic<Member> {
  readonly members: readonly Member[];
  /** Whether members are among them that are not healthy, because too few are. */
  readonly isPanic: boolean;
}

/**
 * The members that are given requests: those that are `up`. When these are a smaller part of the fleet than
 * `panicThreshold` (0 to 1), everyone who responds is: the rest would drown in the traffic of all, and a doubtful answer
 * beats none (Envoy's panic threshold). Nobody is asked in vain: one that is down and left its ping unanswered stays out,
 * and so does one that was never up. With nobody up, suspects serve whatever the threshold.
 */
export function inTraffic<Member extends { readonly health: BackendHealth }>(
  fleet: readonly Member[],
  panicThreshold: number,
): Traffic<Member> {
  const known = fleet.filter(({ health }) => health.hasBeenUp && health.state !== 'joining');
  const up = known.filter(({ health }) => health.state === 'up');
  const isEnough = up.length > 0 && up.length >= panicThreshold * known.length;
  if (isEnough) return { members: up, isPanic: false };
  const willingly = known.filter(({ health }) => {
    return panicThreshold > 0 ? health.state !== 'down' || health.isResponsive : isLastResort(health);
  });
  return { members: willingly, isPanic: willingly.length > up.length };
}

function isLastResort({ state }: BackendHealth): boolean {
  return state === 'up' || state === 'suspect';
}

/**
 * Whether a backend may be ejected beside these others: never the last that is up, and at most `maxPart` (0 to 1) of the
 * fleet at a time, though always one (Envoy's `max_ejection_percent`).
 */
export function mayEject(others: readonly { readonly health: BackendHealth }[], maxPart: number): boolean {
  const count = (state: BackendHealth['state']) => others.filter(({ health }) => health.state === state).length;
  const mostEjected = maxPart === 0 ? 0 : Math.max(1, Math.floor(maxPart * (others.length + 1)));
  return count('up') > 0 && count('ejected') < mostEjected;
}

/** How long the `count`th ejection in a row lasts, seconds: `base` times the count, at most `longest` (as in Envoy). */
export function ejectionSeconds(count: number, base: number, longest: number): number {
  return Math.min(base * count, longest);
}

/** The smallest part of its capacity that a backend begins with. */
const SLOW_START_FLOOR = 0.1;

/**
 * The part of its capacity (0.1 to 1) that a backend is given which is up for `upSeconds`: growing evenly over
 * `windowSeconds`, so that caches fill and pools open before the full load comes. A window of 0 turns it off.
 */
export function slowStartPart(upSeconds: number, windowSeconds: number): number {
  if (windowSeconds === 0 || upSeconds >= windowSeconds) return 1;
  return Math.max(SLOW_START_FLOOR, upSeconds / windowSeconds);
}

/**
 * Whether so many failing at once says more about the observer than about them: more than `part` (0 to 1) of at least
 * three. After Eureka's self-preservation.
 */
export function isLikelyLocalFault(failing: number, all: number, part: number): boolean {
  return all >= 3 && failing > part * all;
}
