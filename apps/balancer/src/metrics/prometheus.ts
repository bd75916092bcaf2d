// The metrics in the Prometheus text format. They are read from the load table at each scrape, so that nothing is
// counted twice.
import { BACKEND_STATES, type BackendMetrics, type FleetMetrics } from '@fairlead/contracts';
import { LATENCY_BUCKETS, LoadTable, bucketStart } from '@fairlead/scheduling';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry, collectDefaultMetrics, type Metric } from 'prom-client';
import { EventLog } from '../registry/event-log.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { CertificatesInUse } from '../tls/certificates-in-use.js';
import { ReloadStatus } from '../traffic-config/reload-status.js';
import { MetricsService } from './metrics.service.js';

/** One sample: its labels and its value. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** Upper bounds of the latency histogram, seconds: every other power of two from 0.5 ms to 34 s. */
const LATENCY_BOUNDS = Array.from({ length: 9 }, (_, i) => (512 * 4 ** i) / 1e6);

/** The limits of one client, as TRAFFIC_LIMITS calls them, and the counters of those that were over them. */
const CLIENT_LIMITS = [
  ['connections', 'overConnections'],
  ['connectionsPerSecond', 'overConnectionRate'],
  ['requestsInFlight', 'overInFlight'],
  ['requestsPerSecond', 'overRequestRate'],
] as const;

@Injectable()
export class Prometheus {
  private readonly register = new Registry();
  private fleet: FleetMetrics;
  /** Requests that wait for room, by pool. */
  private queued: Readonly<Record<string, number>> = {};

  constructor(
    private readonly metrics: MetricsService,
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly traffic: CurrentTraffic,
    private readonly events: EventLog,
    private readonly certificates: CertificatesInUse,
    private readonly reloads: ReloadStatus,
  ) {
    this.fleet = metrics.read();
    collectDefaultMetrics({ register: this.register });
    this.registerFleet();
    this.registerPools();
    this.registerBackends();
    this.registerLatency();
  }

  get contentType(): string {
    return this.register.contentType;
  }

  /** The exposition; all metrics are read at one moment. `queued`: requests that wait for room, by pool. */
  async read(queued: Readonly<Record<string, number>>): Promise<string> {
    this.queued = queued;
    this.fleet = this.metrics.read();
    return this.register.metrics();
  }

  private registerFleet(): void {
    const { fleet } = this;
    this.counter('fairlead_requests_total', 'Requests received from clients', [], () => [
      [{}, this.fleet.fleet.requests],
    ]);
    this.counter('fairlead_unplaced_total', 'Requests that got 503 because no backend could take them', [], () => [
      [{}, this.fleet.fleet.unplaced],
    ]);
    this.gauge('fairlead_queued', 'Requests waiting for room on a backend', [], () => [[{}, this.fleet.fleet.queued]]);
    this.gauge('fairlead_panic', '1 while backends that are not up serve too', [], () => [
      [{}, this.fleet.status === 'panic' ? 1 : 0],
    ]);
    this.counter('fairlead_retries_total', 'Attempts after the first', [], () => [[{}, this.fleet.fleet.retries]]);
    this.counter('fairlead_flips_total', 'Transitions of backends into a state', ['state'], () =>
      [...this.events.transitionCounts()].map(([state, count]): Sample => [{ state }, count]),
    );
    this.counter('fairlead_events_total', 'Events of each kind; docs/operations.md describes them', ['kind'], () =>
      [...this.events.kindCounts()].map(([kind, count]): Sample => [{ kind }, count]),
    );
    this.gauge(
      'fairlead_stranded_capacity',
      'Idle units per second that no request can use while another resource is busy',
      ['resource'],
      () => Object.entries(this.fleet.fleet.strandedCapacity).map(([resource, units]): Sample => [{ resource }, units]),
    );
    this.counter('fairlead_cost_reports_total', 'Cost reports of backends', ['outcome'], () => [
      [{ outcome: 'accepted' }, this.table.total('reportsAccepted')],
      [{ outcome: 'ignored' }, this.table.total('reportsIgnored')],
    ]);
    this.counter(
      'fairlead_proxy_protocol_errors_total',
      'Connections of trusted proxies that were closed because of their PROXY header',
      [],
      () => [[{}, this.table.total('proxyProtocolErrors')]],
    );
    this.registerTls();
    this.registerConfiguration();
    this.counter(
      'fairlead_client_limit_refusals_total',
      'Connections and requests that got 429 because their client was over a limit',
      ['limit'],
      () => CLIENT_LIMITS.map(([limit, count]): Sample => [{ limit }, this.table.total(count)]),
    );
    this.counter(
      'fairlead_untracked_clients_total',
      'Connections and requests to which no limit of a client applied, because the table of clients was full',
      [],
      () => [[{}, this.table.total('untrackedClients')]],
    );
    this.counter(
      'fairlead_thread_requests_total',
      'Requests received by each thread of the data plane',
      ['thread'],
      () => this.table.rows.map(({ counts }, thread): Sample => [{ thread: String(thread) }, counts.taken]),
    );
    this.gauge('fairlead_info', 'The policy of the default pool', ['policy'], () => [[{ policy: fleet.policy }, 1]]);
  }

  private registerPools(): void {
    const { knownPools, snapshots } = this.registry;
    const each = (value: (pool: string, members: readonly BackendMetrics[]) => number) => (): Sample[] =>
      knownPools.names.map((pool) => {
        const members = this.fleet.backends.filter((backend) => backend.pool === pool);
        return [{ pool }, value(pool, members)];
      });
    this.gauge('fairlead_pool_info', 'The policy of each pool', ['pool', 'policy'], () =>
      knownPools.names.map((pool): Sample => [{ pool, policy: this.traffic.settingsOf(pool).policy }, 1]),
    );
    this.gauge('fairlead_pool_backends', 'Backends of the pool in each state', ['pool', 'state'], () =>
      BACKEND_STATES.flatMap((state) =>
        each((_, members) => members.filter((one) => one.state === state).length)().map(([labels, count]): Sample => [
          { ...labels, state },
          count,
        ]),
      ),
    );
    this.gauge(
      'fairlead_pool_in_flight',
      'Exchanges in flight',
      ['pool'],
      each((_, members) => members.reduce((sum, { inFlight }) => sum + inFlight, 0)),
    );
    this.gauge(
      'fairlead_pool_queued',
      'Requests waiting for room on a backend',
      ['pool'],
      each((pool) => this.queued[pool] ?? 0),
    );
    this.gauge(
      'fairlead_pool_panic',
      '1 while backends of the pool that are not up serve too',
      ['pool'],
      each((pool) => (snapshots.isInPanic(pool) ? 1 : 0)),
    );
  }

  private registerTls(): void {
    const { table, certificates } = this;
    this.counter(
      'fairlead_tls_handshakes_total',
      'TLS handshakes of clients, by outcome: full, resumed or failed',
      ['outcome'],
      () => [
        [{ outcome: 'full' }, table.total('tlsHandshakes') - table.total('tlsResumptions')],
        [{ outcome: 'resumed' }, table.total('tlsResumptions')],
        [{ outcome: 'failed' }, table.total('tlsHandshakeErrors')],
      ],
    );
    this.counter('fairlead_mirrored_requests_total', 'Copies of requests for other pools', ['outcome'], () => [
      [{ outcome: 'sent' }, table.total('copies')],
      [{ outcome: 'dropped' }, table.total('copiesDropped')],
    ]);
    this.counter('fairlead_tls_on_plain_port_total', 'Connections on the plain port that began with TLS', [], () => [
      [{}, table.total('tlsOnPlainPort')],
    ]);
    this.gauge(
      'fairlead_tls_certificate_expiry_timestamp_seconds',
      'When a certificate expires, in seconds since 1970',
      ['file'],
      () => certificates.list().map(({ file, expiresAtMs }): Sample => [{ file }, expiresAtMs / 1000]),
    );
  }

  private registerConfiguration(): void {
    const { reloads } = this;
    this.counter('fairlead_configuration_reloads_total', 'Reloads of the configuration file', ['result'], () =>
      [...reloads.counts].map(([result, count]): Sample => [{ result }, count]),
    );
    this.gauge(
      'fairlead_configuration_last_reload_successful',
      '0 while the configuration file is invalid, and what was loaded before remains in force',
      [],
      () => [[{}, reloads.problems.length === 0 ? 1 : 0]],
    );
    this.gauge('fairlead_configuration_version', 'Grows with each configuration put in force', [], () => [
      [{}, reloads.version],
    ]);
    this.gauge(
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
    this.gauge('fairlead_backend_info', 'The pool of each backend', ['backend', 'pool'], () =>
      this.fleet.backends.map(({ id: backend, pool }): Sample => [{ backend, pool }, 1]),
    );
    this.gauge('fairlead_backend_state', '1 for the state the backend is in', ['backend', 'state'], () =>
      this.fleet.backends.flatMap((one) =>
        BACKEND_STATES.map((state): Sample => [{ backend: one.id, state }, state === one.state ? 1 : 0]),
      ),
    );
    this.gauge(
      'fairlead_backend_speed',
      'Learned speed as a multiple of the declared capacity',
      ['backend'],
      each((one) => one.speed),
    );
    this.gauge(
      'fairlead_backend_in_flight',
      'Exchanges in flight',
      ['backend'],
      each((one) => one.inFlight),
    );
    this.gauge(
      'fairlead_backend_capacity',
      'Units per second',
      resource,
      eachResource((one) => one.capacity),
    );
    this.gauge(
      'fairlead_backend_in_flight_demand',
      'Units in flight',
      resource,
      eachResource((one) => one.inFlightDemand),
    );
    this.gauge(
      'fairlead_backend_share_seconds',
      'Backlog in seconds of work',
      resource,
      eachResource((one) => one.backlogSeconds),
    );
    this.counter(
      'fairlead_backend_demand_total',
      'Units dispatched',
      resource,
      eachResource((one) => one.totals),
    );
    this.counter(
      'fairlead_backend_requests_total',
      'Exchanges sent to the backend',
      ['backend'],
      each((one) => one.requests),
    );
    this.counter(
      'fairlead_backend_errors_total',
      'Exchanges that failed',
      ['backend'],
      each((one) => one.errors),
    );
  }

  /** A histogram that prom-client prints but does not fill: the load table has the counts. */
  private registerLatency(): void {
    const name = 'fairlead_backend_latency_seconds';
    const help = 'From dispatch to the last byte of the response';
    const printed = {
      name,
      get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: this.latency(name) }),
    };
    this.register.registerMetric(printed as unknown as Metric);
  }

  private latency(name: string) {
    return this.registry.list().flatMap(({ id: backend, slot }) => {
      const counts = new Float64Array(LATENCY_BUCKETS);
      this.table.addLatencyCounts(slot, counts);
      const below = (bound: number) =>
        counts.reduce((sum, count, at) => (bucketStart(at) < bound ? sum + count : sum), 0);
      const sample = (suffix: string, value: number, labels: Record<string, string | number> = {}) => ({
        metricName: name + suffix,
        labels: { backend, ...labels },
        value,
      });
      return [
        ...LATENCY_BOUNDS.map((le) => sample('_bucket', below(le), { le })),
        sample('_bucket', below(Infinity), { le: '+Inf' }),
        sample('_sum', this.table.latencySeconds(slot)),
        sample('_count', below(Infinity)),
      ];
    });
  }

  private counter(name: string, help: string, labelNames: string[], samples: () => readonly Sample[]): void {
    const collect = function (this: Counter) {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    };
    this.register.registerMetric(new Counter({ name, help, labelNames, collect, registers: [] }));
  }

  private gauge(name: string, help: string, labelNames: string[], samples: () => readonly Sample[]): void {
    const collect = function (this: Gauge) {
      this.reset();
      for (const [labels, value] of samples()) this.set(labels, value);
    };
    this.register.registerMetric(new Gauge({ name, help, labelNames, collect, registers: [] }));
  }
}
