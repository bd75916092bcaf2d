// Reads metrics from the load table and the registry, as the JSON for the dashboard and for operators.
import type { BackendMetrics, FleetMetrics, LatencyMs, ResourceAmounts } from '@fairlead/contracts';
import { LATENCY_BUCKETS, LoadTable, latencyQuantile, strandedCapacity } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { VERSION } from '../config/version.js';
import { stateOf, type Backend } from '../registry/backend.js';
import { EventLog } from '../registry/event-log.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { LoadHistory } from './load-history.js';

/** Means are taken over this, and up to a second more. Short, because a page shows them as they change. */
const MEAN_SECONDS = 1;

@Injectable()
export class MetricsService {
  constructor(
    private readonly registry: RegistryService,
    private readonly events: EventLog,
    private readonly table: LoadTable,
    private readonly traffic: CurrentTraffic,
    private readonly history: LoadHistory,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  read(): FleetMetrics {
    const fleet = this.registry.list();
    const backends = fleet.map((backend) => this.backendMetrics(backend));
    const up = backends.filter(({ state }) => state === 'up');
    const total = (members: readonly BackendMetrics[], of: (member: BackendMetrics) => number) =>
      members.reduce((sum, member) => sum + of(member), 0);
    const { names } = this.config.RESOURCES;
    const totals = (members: readonly BackendMetrics[], of: (member: BackendMetrics) => ResourceAmounts | undefined) =>
      Object.fromEntries(names.map((name) => [name, total(members, (one) => of(one)?.[name] ?? 0)]));
    const sinceStart = this.history.totals();
    return {
      at: new Date().toISOString(),
      version: VERSION,
      threads: this.table.rows.length,
      uptimeSeconds: process.uptime(),
      status: this.status(),
      policy: this.traffic.settingsOf(DEFAULT_POOL).policy,
      resources: [...this.config.RESOURCES.names],
      fleet: {
        backends: backends.length,
        up: up.length,
        requests: sinceStart.requests,
        unplaced: sinceStart.unplaced,
        queued: this.table.total('queued'),
        retries: sinceStart.retries,
        errors: sinceStart.errors,
        inFlight: total(backends, ({ inFlight }) => inFlight),
        meanInFlight: rounded(total(backends, ({ meanInFlight }) => meanInFlight)),
        peakInFlight: this.history.peakInFlight(),
        capacity: totals(up, ({ capacity }) => capacity),
        inFlightDemand: totals(backends, ({ inFlightDemand }) => inFlightDemand),
        meanInFlightDemand: totals(backends, ({ meanInFlightDemand }) => meanInFlightDemand),
        strandedCapacity: totals(backends, (one) => one.strandedCapacity),
        totals: Object.fromEntries(names.map((name, r) => [name, this.table.totalDispatched(r)])),
        latencyMs: latencyMs(sinceStart.latencies),
        lastMinute: this.lastMinute(),
      },
      backends,
      events: [...this.events.newestPublic()],
    };
  }

  private status(): FleetMetrics['status'] {
    if (this.registry.pools.all.size === 0) return 'degraded';
    return this.registry.snapshots.isPanic ? 'panic' : 'ok';
  }

  private lastMinute(): FleetMetrics['fleet']['lastMinute'] {
    const { latencies, seconds, ...counts } = this.history.lastMinute();
    return { seconds: rounded(seconds), ...counts, latencyMs: latencyMs(latencies) };
  }

  private backendMetrics(backend: Backend): BackendMetrics {
    const { table } = this;
    const { RESOURCES } = this.config;
    const { slot } = backend;
    const withoutRequests = this.registry.knownPools.reasonAgainst(backend);
    const perResource = (value: (r: number) => number) => RESOURCES.names.map((_, r) => value(r));
    const inFlightDemand = perResource((r) => table.inFlight(slot, r));
    const capacity = this.registry.snapshots.capacityOf(backend);
    const backlogSeconds = inFlightDemand.map((units, r) => (capacity[r] === 0 ? 0 : units / capacity[r]));
    const { mean, peak } = this.history.recent(slot, MEAN_SECONDS);
    const secondsOf = (units: readonly number[]) =>
      RESOURCES.amountsOf(units.map((amount, r) => (capacity[r] === 0 ? 0 : rounded(amount / capacity[r]))));
    // What was not declared cannot be stranded.
    const mayStrand = stateOf(backend) === 'up' && backend.capacity !== undefined;
    const stranded = mayStrand ? strandedCapacity(capacity, backlogSeconds) : backlogSeconds.map(() => 0);
    const counts = new Float64Array(LATENCY_BUCKETS);
    table.addLatencyCounts(slot, counts);
    return {
      id: backend.id,
      url: backend.url,
      pool: backend.pool,
      hasPool: withoutRequests === undefined,
      state: stateOf(backend),
      reason: withoutRequests ?? backend.publicReason,
      since: backend.since.toISOString(),
      labels: { ...backend.labels },
      capacity: backend.capacity && RESOURCES.amountsOf(backend.capacity),
      speed: table.speed(slot),
      strandedCapacity: RESOURCES.amountsOf(stranded),
      inFlight: table.active(slot),
      meanInFlight: rounded(mean.exchanges),
      peakInFlight: peak.exchanges,
      maxInFlight: this.registry.snapshots.limitOf(backend),
      ejections: backend.ejections,
      inFlightDemand: RESOURCES.amountsOf(inFlightDemand),
      meanInFlightDemand: RESOURCES.amountsOf(mean.demand.map(rounded)),
      backlogSeconds: RESOURCES.amountsOf(backlogSeconds),
      meanBacklogSeconds: secondsOf(mean.demand),
      peakBacklogSeconds: secondsOf(peak.demand),
      dominantBacklogSeconds: Math.max(...backlogSeconds),
      totals: RESOURCES.amountsOf(perResource((r) => table.dispatched(slot, r))),
      requests: table.started(slot),
      errors: table.failed(slot),
      latencyMs: latencyMs(counts),
    };
  }
}

function latencyMs(counts: Float64Array): LatencyMs {
  const milliseconds = (quantile: number) => {
    const seconds = latencyQuantile(counts, quantile);
    return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e3;
  };
  const [p50, p95, p99] = [milliseconds(0.5), milliseconds(0.95), milliseconds(0.99)];
  return p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99 };
}

/** To a millionth: means have no more meaningful digits. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
