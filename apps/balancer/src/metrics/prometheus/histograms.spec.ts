import { LATENCY_BUCKETS, bucketStart, latencyBucket } from '@fairlead/scheduling';
import { expect, it } from 'vitest';
import { bucketSamples } from './histograms.js';

it('is cumulative, and its bounds are those of latency buckets', () => {
  const counts = new Float64Array(LATENCY_BUCKETS);
  for (const seconds of [0.0001, 0.003, 0.5, 60, 4000]) counts[latencyBucket(seconds)]++;
  const series = bucketSamples('seconds', { labels: { pool: 'p' }, counts, sum: 4060.5031 });
  const bounds = series.map(({ labels }) => Number(labels.le)).filter((le) => Number.isFinite(le));
  const starts = new Set(Array.from({ length: LATENCY_BUCKETS }, (_, at) => bucketStart(at)));
  expect(bounds.filter((bound) => !starts.has(bound))).toEqual([]);
  const valueAt = (le: string | number) => series.find(({ labels }) => labels.le === le)?.value;
  expect([bounds[0], bounds.at(-1)]).toEqual([0.001024, 33.554432]);
  expect([0.001024, 0.002048, 0.004096, 0.524288, 33.554432, '+Inf'].map(valueAt)).toEqual([1, 1, 2, 3, 3, 5]);
  expect(series.slice(-2).map(({ metricName, value }) => [metricName, value])).toEqual([
    ['seconds_sum', 4060.5031],
    ['seconds_count', 5],
  ]);
});
