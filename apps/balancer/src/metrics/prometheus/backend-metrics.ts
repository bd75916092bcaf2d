// What is measured of each backend: at most 25 series with two resources, for fleets of hundreds.
import type { BackendMetrics } from '@fairlead/contracts';
import { LATENCY_BUCKETS, type LoadTable } from '@fairlead/scheduling';
import type { RecentLoad } from '../load-history.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';
import type { Scrape } from './scrape.js';

/** Adds the metrics of backends. */
export function addBackendMetrics(metrics: CollectedMetrics, read: () => Scrape): void {
  const each = (value: (backend: BackendMetrics) => number) => (): Sample[] =>
    read().metrics.backends.map((one) => [{ backend: one.id }, value(one)]);
  const eachResource = (values: (backend: BackendMetrics) => Record<string, number> | undefined) => (): Sample[] =>
    read().metrics.backends.flatMap((one) =>
      Object.entries(values(one) ?? {}).map(([resource, value]): Sample => [{ backend: one.id, resource }, value]),
    );
  const recent = (value: (load: RecentLoad) => number) => (): Sample[] =>
    read().backends.map(({ id, recent: load }) => [{ backend: id }, value(load)]);
  const perBackend = ['backend'];
  const perResource = ['backend', 'resource'];

  metrics.gauge('fairlead_backend_info', 'The pool of each backend', ['backend', 'pool'], () =>
    read().metrics.backends.map(({ id: backend, pool }): Sample => [{ backend, pool }, 1]),
  );
  metrics.gauge('fairlead_backend_state', '1 for the state that the backend is in', ['backend', 'state'], () =>
    read().metrics.backends.map(({ id: backend, state }): Sample => [{ backend, state }, 1]),
  );
  metrics.gauge(
    'fairlead_backend_speed',
    'Learned speed as a multiple of the declared capacity, or of that of a median backend where none is declared',
    perBackend,
    each((one) => one.speed),
  );
  metrics.gauge(
    'fairlead_backend_in_flight_requests',
    'Attempts in progress',
    perBackend,
    each((one) => one.inFlight),
  );
  metrics.gauge(
    'fairlead_backend_in_flight_requests_mean',
    'Attempts in progress, mean over the last 15 s: the time that attempts spent on the backend, divided by the time',
    perBackend,
    recent(({ mean }) => mean.exchanges),
  );
  metrics.gauge(
    'fairlead_backend_in_flight_requests_peak',
    'The most attempts in progress in the last 15 s, sampled every 20 ms',
    perBackend,
    recent(({ peak }) => peak.exchanges),
  );
  metrics.gauge(
    'fairlead_backend_capacity',
    'Declared units per second; no series for a backend that declared nothing',
    perResource,
    eachResource((one) => one.capacity),
  );
  metrics.gauge(
    'fairlead_backend_backlog_seconds',
    'Work queued on a resource, seconds: demand in flight divided by capacity (of a median backend where none is declared), mean over the last 15 s',
    perResource,
    () =>
      read().backends.flatMap(({ id, capacity, recent: load }) => {
        const { demand } = load.mean;
        return read().metrics.resources.map((resource, r): Sample => [
          { backend: id, resource },
          capacity[r] === 0 ? 0 : demand[r] / capacity[r],
        ]);
      }),
  );
  metrics.counter(
    'fairlead_backend_demand_total',
    'Units dispatched',
    perResource,
    eachResource((one) => one.totals),
  );
  metrics.counter(
    'fairlead_backend_attempts_total',
    'Attempts sent to the backend, retries and copies of requests for other pools included',
    perBackend,
    each((one) => one.requests),
  );
  metrics.counter(
    'fairlead_backend_failed_attempts_total',
    'Attempts that failed: refused, reset, timed out, cut off, or answered with 5xx',
    perBackend,
    each((one) => one.errors),
  );
}

/** Adds a histogram for each backend. */
export function addBackendHistogram(metrics: CollectedMetrics, table: LoadTable, read: () => Scrape): void {
  metrics.histogram(
    'fairlead_backend_request_duration_seconds',
    'From dispatch to the last byte of the response of a backend; only with METRICS_BACKEND_HISTOGRAMS',
    () =>
      read().backends.map(({ id: backend, slot }) => {
        const counts = new Float64Array(LATENCY_BUCKETS);
        table.addLatencyCounts(slot, counts);
        return { labels: { backend }, counts, sum: table.latencySeconds(slot) };
      }),
  );
}
