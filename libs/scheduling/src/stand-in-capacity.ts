// What is assumed of a backend that declared nothing of its resources.
import { lowerMedian } from './median.js';
import type { ResourceVector } from './resources.js';

/**
 * Returns the capacity that is assumed of a backend that declared nothing: of each resource, the lower median of what the
 * declared backends beside it have, those without any left out. Where none of them has any, it is 1: in a fleet that
 * declares nothing, all backends are equal.
 *
 * In-flight limits of declared backends do not depend on it: a copy of the lower median does not move that median.
 *
 * @param declared units per second by resource, of each backend that declared something.
 */
export function standInCapacity(declared: readonly ArrayLike<number>[], resourceCount: number): ResourceVector {
  return Float64Array.from(
    { length: resourceCount },
    (_, r) => lowerMedian(declared.map((capacity) => capacity[r]).filter((units) => units > 0)) ?? 1,
  );
}
