// A small real HTTP server in the balancer's place: it answers what the test tells it to.
import type { BackendMetrics, BackendState, FleetEvent, FleetMetrics, RequestRecord } from '@fairlead/contracts';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse) => void;

export class FakeBalancer {
  /** What `/api/v1/metrics` answers next. */
  metrics: FleetMetrics = aFleet([]);
  requests: RequestRecord[] = [];
  /** Stands in for the metrics while it is set: an error status, garbage, or nothing at all. */
  misbehaviour: Answer | null = null;
  /** How many answers are being waited for now, and were at most: a poller that overlaps itself shows here. */
  pending = 0;
  mostPending = 0;

  private server: Server | null = null;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens on a free port, and after a `stop()` on the same one again. */
  async start(): Promise<this> {
    if (this.server?.listening) return this;
    this.server = createServer((request, response) => this.answer(request.url ?? '', response));
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server?.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private answer(path: string, response: ServerResponse): void {
    this.pending += 1;
    this.mostPending = Math.max(this.mostPending, this.pending);
    response.once('close', () => (this.pending -= 1));
    if (path === '/api/v1/requests') return sendJson(response, { requests: this.requests });
    if (path !== '/api/v1/metrics') return void response.writeHead(404).end();
    if (this.misbehaviour) return this.misbehaviour(response);
    return sendJson(response, this.metrics);
  }
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

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
    state: 'up',
    reason: 'ping answered',
    since: SINCE,
    labels: {},
    capacity,
    speed: 1,
    strandedCapacity: { compute: 0, storage: 0 },
    inFlight: 2,
    maxInFlight: 1024,
    ejections: 0,
    inFlightDemand,
    backlogSeconds,
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
  const sum = (of: BackendMetrics[], amountsOf: (backend: BackendMetrics) => Record<string, number>) =>
    Object.fromEntries(resources.map((name) => [name, of.reduce((total, b) => total + (amountsOf(b)[name] ?? 0), 0)]));
  return {
    at: new Date().toISOString(),
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
      capacity: sum(up, (backend) => backend.capacity),
      inFlightDemand: sum(backends, (backend) => backend.inFlightDemand),
      strandedCapacity: sum(backends, (backend) => backend.strandedCapacity),
      totals: sum(backends, (backend) => backend.totals),
      latencyMs: backends[0]?.latencyMs ?? null,
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
