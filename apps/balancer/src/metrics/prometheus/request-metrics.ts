// What is counted of requests: how many there were, what became of them, and how long they took.
import { LATENCY_BUCKETS, STATUS_CLASS_NAMES } from '@fairlead/scheduling';
import { METHOD_LABELS, OTHER_POOLS, type Durations, type PoolCounts, type RequestTable } from '../request-table.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';
import type { HistogramSample } from './histograms.js';
import type { Scrape } from './scrape.js';

/** Adds the metrics of requests. */
export function addRequestMetrics(metrics: CollectedMetrics, requests: RequestTable, read: () => Scrape): void {
  metrics.counter('fairlead_client_requests_total', 'Requests received from clients', ['method'], () => {
    const counts = requests.methods();
    return METHOD_LABELS.map((method, at): Sample => [{ method }, counts[at]]);
  });
  metrics.counter(
    'fairlead_requests_total',
    'Responses to clients, each counted once: with the backend that responded, or backend="" for a response of the ' +
      'balancer itself, and then with pool="" if the response was made before a pool was chosen. Clients that left count as ' +
      '4xx; connections that end or time out before a byte of a head has arrived are not counted',
    ['pool', 'backend', 'code_class'],
    () => [...ownResponses(requests), ...responsesOfBackends(read())],
  );
  metrics.histogram(
    'fairlead_request_duration_seconds',
    'From the arrival of a request to the last byte of its response, of requests for which a pool was chosen; without ' +
      'upgraded connections',
    () => histograms(requests, ({ durations }) => durations),
  );
  metrics.histogram(
    'fairlead_time_to_first_byte_seconds',
    "From the arrival of a request to the first byte of a backend's response",
    () => histograms(requests, ({ firstBytes }) => firstBytes),
  );
}

function ownResponses(requests: RequestTable): Sample[] {
  const sums = new Map<string, number[]>();
  for (const { name, index } of requests.pools) {
    const sum = sums.get(name) ?? STATUS_CLASS_NAMES.map(() => 0);
    for (const row of requests.rows) row.at(index).localResponses.forEach((count, at) => (sum[at] += count));
    sums.set(name, sum);
  }
  // The place for pools that have none of their own is mostly unused.
  const used = [...sums].filter(([pool, counts]) => pool !== OTHER_POOLS || counts.some((count) => count > 0));
  return used.flatMap(([pool, counts]) => byClass({ pool, backend: '' }, counts));
}

function responsesOfBackends({ backends }: Scrape): Sample[] {
  return backends.flatMap(({ id: backend, pool, statuses }) => byClass({ pool, backend }, statuses));
}

function byClass(labels: Record<string, string>, counts: readonly number[]): Sample[] {
  return STATUS_CLASS_NAMES.map((name, at): Sample => [{ ...labels, code_class: name }, counts[at]]);
}

function histograms(requests: RequestTable, of: (counts: PoolCounts) => Durations): HistogramSample[] {
  const sums = new Map<string, { counts: Float64Array; sum: number }>();
  for (const { name, index } of requests.pools) {
    const total = sums.get(name) ?? { counts: new Float64Array(LATENCY_BUCKETS), sum: 0 };
    for (const row of requests.rows) {
      const { counts, sum } = of(row.at(index));
      for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) total.counts[bucket] += counts[bucket];
      total.sum += sum[0];
    }
    sums.set(name, total);
  }
  const shown = [...sums].filter(([name, { counts }]) => name !== '' && counts.some((count) => count > 0));
  return shown.map(([pool, { counts, sum }]) => ({ labels: { pool }, counts, sum }));
}
