import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATENCY_BUCKETS, bucketStart, latencyBucket, latencyQuantile } from './latency-buckets.js';

const MICROSECOND = 1e-6;

describe('the bucket of a latency', () => {
  it('starts at or below the latency and ends above it', () => {
    assert(
      property(integer({ min: 0, max: 2 ** 32 - 1 }), (microseconds) => {
        const bucket = latencyBucket(microseconds * MICROSECOND);
        expect(Math.round(bucketStart(bucket) / MICROSECOND)).toBeLessThanOrEqual(microseconds);
        expect(Math.round(bucketStart(bucket + 1) / MICROSECOND)).toBeGreaterThan(microseconds);
      }),
    );
  });

  it('is one per microsecond up to 16, then eight per doubling', () => {
    const buckets = Array.from({ length: 17 }, (_, microseconds) => latencyBucket(microseconds * MICROSECOND));
    expect(buckets).toEqual(Array.from({ length: 17 }, (_, bucket) => bucket));
    expect(latencyBucket(17 * MICROSECOND)).toBe(16);
    expect(latencyBucket(18 * MICROSECOND)).toBe(17);
    expect(latencyBucket(32 * MICROSECOND)).toBe(24);
  });

  it.each([0, 1, 7, 8, 9, 100, LATENCY_BUCKETS - 1])('starts where the previous one ends: %i', (bucket) => {
    expect(latencyBucket(bucketStart(bucket))).toBe(bucket);
  });

  it('is the last one above 71 minutes and the first one below zero', () => {
    expect(latencyBucket(1e9)).toBe(LATENCY_BUCKETS - 1);
    expect(latencyBucket(Infinity)).toBe(LATENCY_BUCKETS - 1);
    expect(latencyBucket(-1)).toBe(0);
  });
});

describe('a latency quantile', () => {
  it('is undefined while nothing was counted', () => {
    expect(latencyQuantile(new Float64Array(LATENCY_BUCKETS), 0.5)).toBeUndefined();
  });

  it('is within 1/16 of the exact value', () => {
    const latencies = array(double({ min: 1e-4, max: 1000, noNaN: true }), { minLength: 1, maxLength: 50 });
    assert(
      property(latencies, double({ min: 0, max: 1, noNaN: true }), (seconds, quantile) => {
        const counts = new Float64Array(LATENCY_BUCKETS);
        for (const latency of seconds) counts[latencyBucket(latency)]++;
        const rank = Math.max(1, Math.ceil(quantile * seconds.length));
        const truth = seconds.toSorted((a, b) => a - b)[rank - 1];
        // Plus half a microsecond, because latencies are rounded to microseconds.
        expect(Math.abs(latencyQuantile(counts, quantile)! - truth)).toBeLessThanOrEqual(truth / 16 + MICROSECOND / 2);
      }),
    );
  });
});
