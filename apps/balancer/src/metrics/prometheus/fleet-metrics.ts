// What is counted of the whole fleet, and of the balancer itself.
import { BACKEND_STATES, EVENT_KINDS } from '@fairlead/contracts';
import type { LoadTable } from '@fairlead/scheduling';
import type { EventLog } from '../../registry/event-log.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';
import type { Scrape } from './scrape.js';

/** The limits of one client, as TRAFFIC_LIMITS calls them, and the counters of those that were over them. */
const CLIENT_LIMITS = [
  ['connections', 'overConnections'],
  ['connectionsPerSecond', 'overConnectionRate'],
  ['requestsInFlight', 'overInFlight'],
  ['requestsPerSecond', 'overRequestRate'],
] as const;

/** Adds the metrics of the fleet. */
export function addFleetMetrics(
  metrics: CollectedMetrics,
  table: LoadTable,
  events: EventLog,
  read: () => Scrape,
): void {
  const fleet = () => read().metrics.fleet;
  const one = (value: () => number) => (): Sample[] => [[{}, value()]];
  metrics.gauge(
    'fairlead_build_info',
    'The version of the balancer and of Node, and the policy of the default pool',
    ['version', 'node_version', 'policy'],
    () => {
      const { version, policy } = read().metrics;
      return [[{ version, node_version: process.versions.node, policy }, 1]];
    },
  );
  metrics.counter(
    'fairlead_unplaced_requests_total',
    'Requests that got 503 because no backend could take them',
    [],
    one(() => fleet().unplaced),
  );
  metrics.counter(
    'fairlead_retries_total',
    'Attempts after the first',
    [],
    one(() => fleet().retries),
  );
  metrics.gauge(
    'fairlead_queued_requests',
    'Requests waiting for room on a backend',
    [],
    one(() => fleet().queued),
  );
  metrics.gauge(
    'fairlead_in_flight_requests',
    'Requests that backends are serving',
    [],
    one(() => fleet().inFlight),
  );
  metrics.gauge(
    'fairlead_panic',
    '1 while backends that are not up serve too',
    [],
    one(() => (read().metrics.status === 'panic' ? 1 : 0)),
  );
  metrics.counter('fairlead_state_transitions_total', 'Transitions of backends into a state', ['state'], () => {
    const counts = events.transitionCounts();
    return BACKEND_STATES.map((state): Sample => [{ state }, counts.get(state) ?? 0]);
  });
  metrics.counter('fairlead_events_total', 'Events of each kind; docs/operations.md describes them', ['kind'], () => {
    const counts = events.kindCounts();
    return EVENT_KINDS.map((kind): Sample => [{ kind }, counts.get(kind) ?? 0]);
  });
  metrics.gauge(
    'fairlead_stranded_capacity',
    'Idle units per second that no request can use while another resource is busy',
    ['resource'],
    () => Object.entries(fleet().strandedCapacity).map(([resource, units]): Sample => [{ resource }, units]),
  );
  metrics.counter('fairlead_cost_reports_total', 'Cost reports of backends', ['outcome'], () => [
    [{ outcome: 'accepted' }, table.total('reportsAccepted')],
    [{ outcome: 'ignored' }, table.total('reportsIgnored')],
  ]);
  metrics.counter('fairlead_mirrored_requests_total', 'Copies of requests for other pools', ['outcome'], () => [
    [{ outcome: 'sent' }, table.total('copies')],
    [{ outcome: 'dropped' }, table.total('copiesDropped')],
  ]);
  addClientMetrics(metrics, table);
}

function addClientMetrics(metrics: CollectedMetrics, table: LoadTable): void {
  metrics.counter('fairlead_client_connections_total', 'Connections of clients that were accepted', [], () => [
    [{}, table.total('accepted')],
  ]);
  metrics.gauge('fairlead_open_client_connections', 'Connections of clients that are open, within a second', [], () => [
    [{}, table.total('connections')],
  ]);
  metrics.counter(
    'fairlead_client_bytes_total',
    'Bytes of requests that have ended, heads and bodies, before encryption: received from clients, and sent to them',
    ['direction'],
    () => [
      [{ direction: 'received' }, table.total('bytesReceived')],
      [{ direction: 'sent' }, table.total('bytesSent')],
    ],
  );
  metrics.counter(
    'fairlead_proxy_protocol_errors_total',
    'Connections of trusted proxies that were closed because of their PROXY header',
    [],
    () => [[{}, table.total('proxyProtocolErrors')]],
  );
  metrics.counter(
    'fairlead_client_limit_refusals_total',
    'Connections and requests that got 429 because their client was over a limit',
    ['limit'],
    () => CLIENT_LIMITS.map(([limit, count]): Sample => [{ limit }, table.total(count)]),
  );
  metrics.counter(
    'fairlead_untracked_clients_total',
    'Connections and requests to which no limit of a client applied, because the table of clients was full',
    [],
    () => [[{}, table.total('untrackedClients')]],
  );
}
