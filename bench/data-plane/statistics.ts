// The median of several rounds, their range, and a confidence interval of the median.

/** Summary of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The median: the middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** Median, minimum and maximum of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** For each round, the value of the sample divided by that of the other side; rounds with only one are left out. */
export function ratiosByRound<S extends { readonly round: number }>(
  samples: readonly S[],
  others: readonly S[],
  valueOf: (sample: S) => number,
): number[] {
  return samples.flatMap((sample) => {
    const match = others.find(({ round }) => round === sample.round);
    return match ? [valueOf(sample) / valueOf(match)] : [];
  });
}

/** The median of a few rounds, and an interval for the true median, that of infinitely many rounds. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The probability that an interval made this way contains the true median, 0 to 1. */
  readonly confidence: number;
}

const WANTED_CONFIDENCE = 0.95;

/**
 * The median with its order-statistics interval: from the k-th smallest to the k-th largest value, with the largest k
 * for which the confidence is at least 95 %. It assumes no distribution, only independent rounds: the number of values
 * below the true median is then binomial with p = ½, and the interval misses it when fewer than k values are on one side
 * of it (H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition, section 7.1). Fewer than six values have no such
 * interval: the result is their whole range, with its actual confidence.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  let k = 1;
  while (confidenceOf(k + 1, count) >= WANTED_CONFIDENCE) k++;
  return { median: median(sorted), low: sorted[k - 1], high: sorted[count - k], confidence: confidenceOf(k, count) };
}

/** 1 - 2 P(X < k) for X binomial with `count` tosses of a fair coin. */
function confidenceOf(k: number, count: number): number {
  let probability = 0.5 ** count;
  let below = 0;
  for (let x = 0; x < k; x++) {
    below += probability;
    probability *= (count - x) / (x + 1);
  }
  return 1 - 2 * below;
}
