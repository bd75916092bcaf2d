// What is counted of each pool.
import { BACKEND_STATES, type BackendMetrics } from '@fairlead/contracts';
import type { RegistryService } from '../../registry/registry.service.js';
import type { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';
import type { Scrape } from './scrape.js';

/** Adds the metrics of pools. */
export function addPoolMetrics(
  metrics: CollectedMetrics,
  { knownPools, snapshots }: RegistryService,
  traffic: CurrentTraffic,
  read: () => Scrape,
): void {
  const each = (value: (pool: string, members: readonly BackendMetrics[]) => number) => (): Sample[] =>
    knownPools.names.map((pool) => {
      const members = read().metrics.backends.filter((backend) => backend.pool === pool);
      return [{ pool }, value(pool, members)];
    });
  metrics.gauge('fairlead_pool_info', 'The policy of each pool', ['pool', 'policy'], () =>
    knownPools.names.map((pool): Sample => [{ pool, policy: traffic.settingsOf(pool).policy }, 1]),
  );
  metrics.gauge('fairlead_pool_backends', 'Backends of the pool in each state', ['pool', 'state'], () =>
    BACKEND_STATES.flatMap((state) =>
      each((_, members) => members.filter((one) => one.state === state).length)().map(([labels, count]): Sample => [
        { ...labels, state },
        count,
      ]),
    ),
  );
  metrics.gauge(
    'fairlead_pool_in_flight_requests',
    'Requests that backends of the pool are serving',
    ['pool'],
    each((_, members) => members.reduce((sum, { inFlight }) => sum + inFlight, 0)),
  );
  metrics.gauge(
    'fairlead_pool_queued_requests',
    'Requests waiting for room on a backend',
    ['pool'],
    each((pool) => read().queued[pool] ?? 0),
  );
  metrics.gauge(
    'fairlead_pool_panic',
    '1 while backends of the pool that are not up serve too',
    ['pool'],
    each((pool) => (snapshots.isInPanic(pool) ? 1 : 0)),
  );
}
