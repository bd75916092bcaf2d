// The histogram of latencies: prom-client prints it, and the load table has its counts.
import { LATENCY_BUCKETS, bucketStart, type LoadTable } from '@fairlead/scheduling';
import type { Metric } from 'prom-client';
import type { RegistryService } from '../registry/registry.service.js';

const NAME = 'fairlead_backend_latency_seconds';
const HELP = 'From dispatch to the last byte of the response';
/** Upper bounds of the latency histogram, seconds: every other power of two from 0.5 ms to 34 s. */
const LATENCY_BOUNDS = Array.from({ length: 9 }, (_, i) => (512 * 4 ** i) / 1e6);

/** The latencies of each backend, read at each scrape. */
export function latencyHistogram(registry: RegistryService, table: LoadTable): Metric {
  const printed = {
    name: NAME,
    get: async () => ({
      name: NAME,
      help: HELP,
      type: 'histogram',
      aggregator: 'sum',
      values: samples(registry, table),
    }),
  };
  return printed as unknown as Metric;
}

function samples(registry: RegistryService, table: LoadTable) {
  return registry.list().flatMap(({ id: backend, slot }) => {
    const counts = new Float64Array(LATENCY_BUCKETS);
    table.addLatencyCounts(slot, counts);
    const below = (bound: number) =>
      counts.reduce((sum, count, at) => (bucketStart(at) < bound ? sum + count : sum), 0);
    const sample = (suffix: string, value: number, labels: Record<string, string | number> = {}) => ({
      metricName: NAME + suffix,
      labels: { backend, ...labels },
      value,
    });
    return [
      ...LATENCY_BOUNDS.map((le) => sample('_bucket', below(le), { le })),
      sample('_bucket', below(Infinity), { le: '+Inf' }),
      sample('_sum', table.latencySeconds(slot)),
      sample('_count', below(Infinity)),
    ];
  });
}
