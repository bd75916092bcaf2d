// Medians, for numbers of which a few may be wrong.

/**
 * Returns the median of `values`; of an even number, the smaller of the two in the middle; undefined without any. With
 * the smaller one, the larger of two backends is measured by the other and not the other by it.
 */
export function lowerMedian(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/** Returns the median of `values`; of an even number, the mean of the two in the middle; NaN without any. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
