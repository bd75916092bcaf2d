// Capacity that is idle but of no use, for its partner resource is full.
import type { ResourceVector } from './resources.js';

/** A backend with this much work queued on a resource has no room for more of it. Seconds. */
export const FULL_SECONDS = 1;

/**
 * How much of each resource of a backend is stranded, units per second. A resource is full when a second of work is
 * queued on it; while the fullest one works its queue off, the others will be idle for what theirs are shorter, and that
 * part of their capacity counts. `shares` is the work queued by resource, seconds.
 */
export function strandedCapacity(capacity: ArrayLike<number>, shares: ArrayLike<number>): ResourceVector {
  const longest = Math.max(...Array.from(shares));
  if (longest < FULL_SECONDS) return new Float64Array(capacity.length);
  return Float64Array.from(capacity, (units, r) => units * (1 - shares[r] / longest));
}
