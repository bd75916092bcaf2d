// The metrics in the Prometheus text format. They are read from the load table at each scrape, so that nothing is
// counted twice.
import { BACKEND_STATES, type BackendMetrics, type FleetMetrics } from '@fairlead/contracts';
import { LoadTable } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import { EventLog } from '../registry/event-log.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { CertificatesInUse } from '../tls/certificates-in-use.js';
import { ReloadStatus } from '../traffic-config/reload-status.js';
import { CollectedMetrics, type Sample } from './collected-metrics.js';
import { latencyHistogram } from './latency-histogram.js';
import { MetricsService } from './metrics.service.js';
import { addPoolMetrics } from './pool-metrics.js';

/** The limits of one client, as TRAFFIC_LIMITS calls them, and the counters of those that were over them. */
const CLIENT_LIMITS = [
  ['connections', 'overConnections'],
  ['connectionsPerSecond', 'overConnectionRate'],
  ['requestsInFlight', 'overInFlight'],
  ['requestsPerSecond', 'overRequestRate'],
] as const;

@Injectable()
export class Prometheus {
  private readonly collected = new CollectedMetrics();
  private fleet: FleetMetrics;
  /** Requests that wait for room, by pool. */
  private queued: Readonly<Record<string, number>> = {};

  constructor(
    private readonly metrics: MetricsService,
    registry: RegistryService,
    private readonly table: LoadTable,
    traffic: CurrentTraffic,
    private readonly events: EventLog,
    private readonly certificates: CertificatesInUse,
    private readonly reloads: ReloadStatus,
  ) {
    this.fleet = metrics.read();
    this.registerFleet();
    addPoolMetrics(this.collected, registry, traffic, {
      backends: () => this.fleet.backends,
      queued: () => this.queued,
    });
    this.registerBackends();
    this.collected.add(latencyHistogram(registry, table));
  }

  get contentType(): string {
    return this.collected.contentType;
  }

  /** The exposition; all metrics are read at one moment. `queued`: requests that wait for room, by pool. */
  async read(queued: Readonly<Record<string, number>>): Promise<string> {
    this.queued = queued;
    this.fleet = this.metrics.read();
    return this.collected.text();
  }

  private registerFleet(): void {
    const { fleet } = this;
    this.collected.counter('fairlead_requests_total', 'Requests received from clients', [], () => [
      [{}, this.fleet.fleet.requests],
    ]);
    this.collected.counter(
      'fairlead_unplaced_total',
      'Requests that got 503 because no backend could take them',
      [],
      () => [[{}, this.fleet.fleet.unplaced]],
    );
    this.collected.gauge('fairlead_queued', 'Requests waiting for room on a backend', [], () => [
      [{}, this.fleet.fleet.queued],
    ]);
    this.collected.gauge('fairlead_panic', '1 while backends that are not up serve too', [], () => [
      [{}, this.fleet.status === 'panic' ? 1 : 0],
    ]);
    this.collected.counter('fairlead_retries_total', 'Attempts after the first', [], () => [
      [{}, this.fleet.fleet.retries],
    ]);
    this.collected.counter('fairlead_flips_total', 'Transitions of backends into a state', ['state'], () =>
      [...this.events.transitionCounts()].map(([state, count]): Sample => [{ state }, count]),
    );
    this.collected.counter(
      'fairlead_events_total',
      'Events of each kind; docs/operations.md describes them',
      ['kind'],
      () => [...this.events.kindCounts()].map(([kind, count]): Sample => [{ kind }, count]),
    );
    this.collected.gauge(
      'fairlead_stranded_capacity',
      'Idle units per second that no request can use while another resource is busy',
      ['resource'],
      () => Object.entries(this.fleet.fleet.strandedCapacity).map(([resource, units]): Sample => [{ resource }, units]),
    );
    this.collected.counter('fairlead_cost_reports_total', 'Cost reports of backends', ['outcome'], () => [
      [{ outcome: 'accepted' }, this.table.total('reportsAccepted')],
      [{ outcome: 'ignored' }, this.table.total('reportsIgnored')],
    ]);
    this.collected.counter(
      'fairlead_proxy_protocol_errors_total',
      'Connections of trusted proxies that were closed because of their PROXY header',
      [],
      () => [[{}, this.table.total('proxyProtocolErrors')]],
    );
    this.collected.counter(
      'fairlead_mirrored_requests_total',
      'Copies of requests for other pools',
      ['outcome'],
      () => [
        [{ outcome: 'sent' }, this.table.total('copies')],
        [{ outcome: 'dropped' }, this.table.total('copiesDropped')],
      ],
    );
    this.registerTls();
    this.registerConfiguration();
    this.collected.counter(
      'fairlead_client_limit_refusals_total',
      'Connections and requests that got 429 because their client was over a limit',
      ['limit'],
      () => CLIENT_LIMITS.map(([limit, count]): Sample => [{ limit }, this.table.total(count)]),
    );
    this.collected.counter(
      'fairlead_untracked_clients_total',
      'Connections and requests to which no limit of a client applied, because the table of clients was full',
      [],
      () => [[{}, this.table.total('untrackedClients')]],
    );
    this.collected.counter(
      'fairlead_thread_requests_total',
      'Requests received by each thread of the data plane',
      ['thread'],
      () => this.table.rows.map(({ counts }, thread): Sample => [{ thread: String(thread) }, counts.taken]),
    );
    this.collected.gauge('fairlead_info', 'The policy of the default pool', ['policy'], () => [
      [{ policy: fleet.policy }, 1],
    ]);
  }

  private registerTls(): void {
    const { table, certificates } = this;
    this.collected.counter(
      'fairlead_tls_handshakes_total',
      'TLS handshakes of clients, by outcome: full, resumed or failed',
      ['outcome'],
      () => [
        [{ outcome: 'full' }, table.total('tlsHandshakes') - table.total('tlsResumptions')],
        [{ outcome: 'resumed' }, table.total('tlsResumptions')],
        [{ outcome: 'failed' }, table.total('tlsHandshakeErrors')],
      ],
    );
    this.collected.counter(
      'fairlead_tls_on_plain_port_total',
      'Connections on the plain port that began with TLS',
      [],
      () => [[{}, table.total('tlsOnPlainPort')]],
    );
    this.collected.gauge(
      'fairlead_tls_certificate_expiry_timestamp_seconds',
      'When a certificate expires, in seconds since 1970',
      ['file'],
      () => certificates.list().map(({ file, expiresAtMs }): Sample => [{ file }, expiresAtMs / 1000]),
    );
  }

  private registerConfiguration(): void {
    const { reloads } = this;
    this.collected.counter(
      'fairlead_configuration_reloads_total',
      'Reloads of the configuration file',
      ['result'],
      () => [...reloads.counts].map(([result, count]): Sample => [{ result }, count]),
    );
    this.collected.gauge(
      'fairlead_configuration_last_reload_successful',
      '0 while the configuration file is invalid, and what was loaded before remains in force',
      [],
      () => [[{}, reloads.problems.length === 0 ? 1 : 0]],
    );
    this.collected.gauge('fairlead_configuration_version', 'Grows with each configuration put in force', [], () => [
      [{}, reloads.version],
    ]);
    this.collected.gauge(
      'fairlead_configuration_in_force_since_timestamp_seconds',
      'When the configuration was put in force, in seconds since 1970',
      [],
      () => [[{}, reloads.since.getTime() / 1000]],
    );
  }

  private registerBackends(): void {
    const each = (value: (backend: BackendMetrics) => number) => (): Sample[] =>
      this.fleet.backends.map((one) => [{ backend: one.id }, value(one)]);
    const eachResource = (values: (backend: BackendMetrics) => Record<string, number>) => (): Sample[] =>
      this.fleet.backends.flatMap((one) =>
        Object.entries(values(one)).map(([resource, value]): Sample => [{ backend: one.id, resource }, value]),
      );
    const resource = ['backend', 'resource'];
    this.collected.gauge('fairlead_backend_info', 'The pool of each backend', ['backend', 'pool'], () =>
      this.fleet.backends.map(({ id: backend, pool }): Sample => [{ backend, pool }, 1]),
    );
    this.collected.gauge('fairlead_backend_state', '1 for the state the backend is in', ['backend', 'state'], () =>
      this.fleet.backends.flatMap((one) =>
        BACKEND_STATES.map((state): Sample => [{ backend: one.id, state }, state === one.state ? 1 : 0]),
      ),
    );
    this.collected.gauge(
      'fairlead_backend_speed',
      'Learned speed as a multiple of the declared capacity',
      ['backend'],
      each((one) => one.speed),
    );
    this.collected.gauge(
      'fairlead_backend_in_flight',
      'Exchanges in flight',
      ['backend'],
      each((one) => one.inFlight),
    );
    this.collected.gauge(
      'fairlead_backend_capacity',
      'Units per second',
      resource,
      eachResource((one) => one.capacity),
    );
    this.collected.gauge(
      'fairlead_backend_in_flight_demand',
      'Units in flight',
      resource,
      eachResource((one) => one.inFlightDemand),
    );
    this.collected.gauge(
      'fairlead_backend_share_seconds',
      'Backlog in seconds of work',
      resource,
      eachResource((one) => one.backlogSeconds),
    );
    this.collected.counter(
      'fairlead_backend_demand_total',
      'Units dispatched',
      resource,
      eachResource((one) => one.totals),
    );
    this.collected.counter(
      'fairlead_backend_requests_total',
      'Exchanges sent to the backend',
      ['backend'],
      each((one) => one.requests),
    );
    this.collected.counter(
      'fairlead_backend_errors_total',
      'Exchanges that failed',
      ['backend'],
      each((one) => one.errors),
    );
  }
}
