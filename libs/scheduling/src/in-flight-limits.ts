// Derives how many exchanges each backend may have in flight from its capacity.

/**
 * Returns the in-flight limit of each backend, in the order of `capacities`. A backend of the fleet's mean capacity
 * gets `meanLimit`; others scale with the resource in which they are largest compared to the mean. At least 1.
 */
export function inFlightLimits(capacities: readonly ArrayLike<number>[], meanLimit: number): number[] {
  const resourceCount = capacities[0]?.length ?? 0;
  const means = Array.from({ length: resourceCount }, (_, r) => {
    return capacities.reduce((sum, capacity) => sum + capacity[r], 0) / capacities.length;
  });
  return capacities.map((capacity) => {
    const size = Math.max(...means.map((mean, r) => (mean === 0 ? 0 : capacity[r] / mean)));
    return Math.max(1, Math.round(meanLimit * size));
  });
}
