// Readings of a fleet, as the balancer's metrics and events show it.
import type { BackendMetrics, BackendState, FleetEvent, FleetMetrics } from '@fairlead/contracts';

const SINCE = '2026-11-05T09:30:00.000Z';

/** A backend that is up, with 20 compute and 40 storage a second, and whatever is overridden. */
export function aBackend(id: string, overrides: Partial<BackendMetrics> = {}): BackendMetrics {
  const capacity = overrides.capacity ?? { compute: 20, storage: 40 };
  const inFlightDemand = overrides.inFlightDemand ?? { compute: 4, storage: 8 };
  const backlogSeconds = Object.fromEntries(
    Object.entries(capacity).map(([name, amount]) => [name, amount > 0 ? (inFlightDemand[name] ?? 0) / amount : 0]),
  );
  return {
    id,
    url: `http://10.0.0.7:${5453 + id.length}`,
    pool: 'default',
    hasPool: true,
    state: 'up',
    reason: 'ping answered',
    since: SINCE,
    labels: {},
    capacity,
    speed: 1,
    strandedCapacity: { compute: 0, storage: 0 },
    inFlight: 2,
    meanInFlight: 2.25,
    peakInFlight: 5,
    maxInFlight: 1024,
    ejections: 0,
    inFlightDemand,
    meanInFlightDemand: inFlightDemand,
    backlogSeconds,
    meanBacklogSeconds: backlogSeconds,
    peakBacklogSeconds: backlogSeconds,
    dominantBacklogSeconds: Math.max(0, ...Object.values(backlogSeconds)),
    totals: { compute: 550, storage: 560 },
    requests: 100,
    errors: 0,
    latencyMs: { p50: 12.4, p95: 48.2, p99: 91 },
    ...overrides,
  };
}

/** The fleet's metrics as these backends make them, and whatever is overridden. */
export function aFleet(backends: BackendMetrics[], overrides: Partial<FleetMetrics> = {}): FleetMetrics {
  const up = backends.filter(({ state }) => state === 'up');
  const resources = overrides.resources ?? ['compute', 'storage'];
  const sum = (of: BackendMetrics[], amountsOf: (backend: BackendMetrics) => BackendMetrics['capacity']) =>
    Object.fromEntries(
      resources.map((name) => [name, of.reduce((total, b) => total + (amountsOf(b)?.[name] ?? 0), 0)]),
    );
  return {
    at: new Date().toISOString(),
    version: '1.2.3',
    threads: 2,
    uptimeSeconds: 3725,
    status: up.length > 0 ? 'ok' : 'degraded',
    policy: 'drf',
    resources,
    fleet: {
      backends: backends.length,
      up: up.length,
      requests: backends.reduce((total, { requests }) => total + requests, 0),
      unplaced: 0,
      queued: 0,
      retries: 0,
      errors: backends.reduce((total, { errors }) => total + errors, 0),
      inFlight: backends.reduce((total, { inFlight }) => total + inFlight, 0),
      meanInFlight: backends.reduce((total, { meanInFlight }) => total + meanInFlight, 0),
      peakInFlight: Math.max(0, ...backends.map(({ peakInFlight }) => peakInFlight)),
      capacity: sum(up, (backend) => backend.capacity),
      inFlightDemand: sum(backends, (backend) => backend.inFlightDemand),
      meanInFlightDemand: sum(backends, (backend) => backend.meanInFlightDemand),
      strandedCapacity: sum(backends, (backend) => backend.strandedCapacity),
      totals: sum(backends, (backend) => backend.totals),
      latencyMs: backends[0]?.latencyMs ?? null,
      lastMinute: {
        seconds: 60,
        requests: 10,
        unplaced: 0,
        retries: 0,
        errors: 0,
        latencyMs: backends[0]?.latencyMs ?? null,
      },
    },
    backends,
    events: [],
    ...overrides,
  };
}

/** A flip; `to` gives what happened. */
export function anEvent(sequence: number, backend: string, from: BackendState | null, to: BackendState): FleetEvent {
  return anotherEvent(sequence, { backend, from, to, reason: `${backend} became ${to}` });
}

/** An event that concerns the whole fleet, unless it is overridden. */
export function anotherEvent(sequence: number, overrides: Partial<FleetEvent>): FleetEvent {
  const fleetWide = { backend: null, from: null, to: null, reason: 'it happened', evidence: {} };
  return { sequence, at: SINCE, kind: 'state', ...fleetWide, ...overrides };
}
