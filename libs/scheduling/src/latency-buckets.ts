// A log-linear histogram of latencies, as in HdrHistogram: eight buckets per doubling.

const SUB_BUCKET_BITS = 3;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const MAX_MICROSECONDS = 0xffff_ffff;

/** Number of buckets. They cover 1 µs to 71 minutes with a relative width of at most 1/8. */
export const LATENCY_BUCKETS = (32 - SUB_BUCKET_BITS + 1) * SUB_BUCKETS;

/** Returns the bucket of a latency in seconds. Latencies above 71 minutes count in the last bucket. */
export function latencyBucket(seconds: number): number {
  const microseconds = Math.min(MAX_MICROSECONDS, Math.max(0, Math.round(seconds * 1e6))) >>> 0;
  if (microseconds < SUB_BUCKETS) return microseconds;
  const exponent = 31 - Math.clz32(microseconds);
  const subBucket = (microseconds >>> (exponent - SUB_BUCKET_BITS)) & (SUB_BUCKETS - 1);
  return (exponent - SUB_BUCKET_BITS + 1) * SUB_BUCKETS + subBucket;
}

/** Returns the shortest latency in `bucket`, seconds. A bucket ends where the next one starts. */
export function bucketStart(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket / 1e6;
  const exponent = Math.floor(bucket / SUB_BUCKETS) + SUB_BUCKET_BITS - 1;
  const subBucket = bucket % SUB_BUCKETS;
  return ((SUB_BUCKETS + subBucket) * 2 ** (exponent - SUB_BUCKET_BITS)) / 1e6;
}

/**
 * Returns the `quantile` (0 to 1) of the latencies counted by bucket, in seconds. It is the middle of a bucket, hence
 * within 1/16 of the exact value. Undefined when `counts` is all zero.
 */
export function latencyQuantile(counts: ArrayLike<number>, quantile: number): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) total += counts[bucket];
  if (total === 0) return undefined;
  let remaining = Math.max(1, Math.ceil(quantile * total));
  for (let bucket = 0; bucket < counts.length; bucket++) {
    remaining -= counts[bucket];
    if (remaining <= 0) return (bucketStart(bucket) + bucketStart(bucket + 1)) / 2;
  }
  return undefined;
}
