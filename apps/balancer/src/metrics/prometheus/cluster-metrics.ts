// Metrics of the registry, and of the balancers that share it.
import type { Peers } from '../../cluster/peers.js';
import type { StoreLink } from '../../cluster/store-link.js';
import type { StoredFleet } from '../../registry/store/stored-fleet.js';
import type { CollectedMetrics } from './collected-metrics.js';

/** Adds the metrics of the registry. */
export function addClusterMetrics(metrics: CollectedMetrics, stored: StoredFleet, link: StoreLink, peers: Peers): void {
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.gauge(name, help, [], () => [[{}, value()]]);
  gauge('fairlead_registry_up', '0 while the registry cannot be read or written', () =>
    stored.changes.isAway ? 0 : 1,
  );
  gauge(
    'fairlead_registry_pending_changes',
    'Backends whose last change could not be stored yet',
    () => stored.changes.size,
  );
  gauge(
    'fairlead_registry_unusable_records',
    'Stored backends that this balancer cannot use',
    () => link.unusable.size,
  );
  metrics.gauge(
    'fairlead_registry_latency_seconds',
    'How long the last heartbeat to a shared registry took; none without one',
    [],
    () => (peers.latencyMs === undefined ? [] : [[{}, peers.latencyMs / 1000]]),
  );
  gauge('fairlead_cluster_balancers', 'Balancers that serve the fleet, this one included', () => peers.liveCount);
}
