// Capacity that is idle but unusable, because another resource of the same backend is full.
import type { ResourceVector } from './resources.js';

/** A resource with this much work queued is full. Seconds. */
const FULL_SECONDS = 1;

/**
 * Returns the stranded capacity of a backend by resource, units per second. When a resource is full, the others run out
 * of work before it does; the fraction of that time they spend idle is their stranded fraction. All zero when no
 * resource is full (`FULL_SECONDS`).
 *
 * @param capacity units per second by resource.
 * @param shares work queued by resource, seconds.
 */
export function strandedCapacity(capacity: ArrayLike<number>, shares: ArrayLike<number>): ResourceVector {
  const longestSeconds = Math.max(...Array.from(shares));
  if (longestSeconds < FULL_SECONDS) return new Float64Array(capacity.length);
  return Float64Array.from(capacity, (units, r) => units * (1 - shares[r] / longestSeconds));
}
