// Derives how many exchanges each backend may have in flight from its capacity.
import { lowerMedian } from './median.js';

/**
 * Returns the in-flight limit of each backend, in the order of `capacities`. A backend of the fleet's median capacity
 * gets `medianLimit`; others scale with the resource in which they are largest compared to the median. At least 1.
 *
 * The median of each resource is that of the capacities above 0: unlike the mean, it is not moved by a single backend
 * that declares a thousand times what it has.
 */
export function inFlightLimits(capacities: readonly ArrayLike<number>[], medianLimit: number): number[] {
  const resourceCount = capacities[0]?.length ?? 0;
  const medians = Array.from({ length: resourceCount }, (_, r) =>
    lowerMedian(capacities.map((capacity) => capacity[r]).filter((units) => units > 0)),
  );
  return capacities.map((capacity) => {
    const size = Math.max(...medians.map((median, r) => (median === undefined ? 0 : capacity[r] / median)));
    return Math.max(1, Math.round(medianLimit * size));
  });
}
