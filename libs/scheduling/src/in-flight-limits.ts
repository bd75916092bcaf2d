// How many exchanges each backend may have in flight, from what it can do.

/**
 * A backend of the fleet's mean capacity may have `limitOfMean` exchanges in flight, any other as many more or fewer as
 * it is larger or smaller, by the resource in which it is largest; at least one. The answer is in the fleet's order.
 */
export function inFlightLimits(capacities: readonly ArrayLike<number>[], limitOfMean: number): number[] {
  const resourceCount = capacities[0]?.length ?? 0;
  const means = Array.from({ length: resourceCount }, (_, r) => {
    return capacities.reduce((sum, capacity) => sum + capacity[r], 0) / capacities.length;
  });
  return capacities.map((capacity) => {
    const size = Math.max(...means.map((mean, r) => (mean === 0 ? 0 : capacity[r] / mean)));
    return Math.max(1, Math.round(limitOfMean * size));
  });
}
