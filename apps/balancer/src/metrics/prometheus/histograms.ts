// Histograms of seconds for Prometheus, from counts by latency bucket.
import { LATENCY_BUCKETS, bucketStart } from '@fairlead/scheduling';

/** Upper bounds, seconds: the powers of two from 1 ms to 34 s, at which latency buckets end too. */
const BOUNDS = Array.from({ length: 16 }, (_, i) => (1024 * 2 ** i) / 1e6);

/** What one histogram shows. */
export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  /** By latency bucket. */
  readonly counts: ArrayLike<number>;
  /** Of all that was counted, seconds. */
  readonly sum: number;
}

/** The series of a histogram, as prom-client prints them. */
export function bucketSamples(name: string, { labels, counts, sum }: HistogramSample) {
  const series = (suffix: string, value: number, more: Record<string, string | number> = {}) => ({
    metricName: name + suffix,
    labels: { ...labels, ...more },
    value,
  });
  let below = 0;
  let bucket = 0;
  const buckets = BOUNDS.map((le) => {
    for (; bucket < LATENCY_BUCKETS && bucketStart(bucket) < le; bucket++) below += counts[bucket];
    return series('_bucket', below, { le });
  });
  for (; bucket < LATENCY_BUCKETS; bucket++) below += counts[bucket];
  return [...buckets, series('_bucket', below, { le: '+Inf' }), series('_sum', sum), series('_count', below)];
}
