// Responses of `GET /api/v1/cluster`, for tests of what shows them.
import type { BackendState, BalancerView, ClusterView, RegistryView } from '@fairlead/contracts';

const SINCE = '2026-11-30T09:00:00.000Z';

/** A shared registry that responds, unless `more` says otherwise. */
function aRegistryView(more: Partial<RegistryView> = {}): RegistryView {
  return {
    name: 'the registry at redis://10.0.0.5:6379',
    isShared: true,
    state: 'current',
    since: SINCE,
    reason: null,
    confirmedSecondsAgo: 0.4,
    latencyMs: 0.83,
    pendingChanges: 0,
    unusableRecords: [],
    ...more,
  };
}

/** A live balancer with these views of backends. */
export function aBalancerView(
  id: string,
  states: Readonly<Record<string, BackendState>>,
  more: Partial<BalancerView> = {},
): BalancerView {
  const backends = Object.entries(states).map(([backend, state]) => ({ id: backend, state, inFlight: 0 }));
  const address = `${id}.example:9797`;
  return { id, version: '0.1.0', address, since: SINCE, lastSeenSecondsAgo: 0.3, isLive: true, backends, ...more };
}

/** The cluster of these balancers, as the first of them responds. */
export function aClusterView(balancers: readonly BalancerView[], registry: Partial<RegistryView> = {}): ClusterView {
  return { cluster: 'shop', balancer: balancers[0].id, registry: aRegistryView(registry), balancers: [...balancers] };
}
