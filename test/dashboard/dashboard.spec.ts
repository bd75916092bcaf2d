// The dashboard over HTTP: the feed, the plain pages, health, headers, start and end.
import type { FleetMetrics } from '@fairlead/contracts';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../processes/until.js';
import { head } from '../support/http-text.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { type Dashboard, runDashboard, startDashboard } from './dashboard-process.js';
import { EventStream } from './event-stream.js';
import { FakeMetricsServer } from './fake-metrics-server.js';
import { aBackend, aFleet } from './fleet-fixtures.js';

interface FleetMessage {
  readonly rates: { requests: number | null; backends: (number | null)[] };
  readonly metrics: FleetMetrics;
}
interface AwayMessage {
  readonly reason: string;
  readonly since: string;
}

let balancer: FakeMetricsServer;
let dashboard: Dashboard;
let streams: EventStream[];

beforeEach(async () => {
  streams = [];
  balancer = await new FakeMetricsServer().start();
  balancer.metrics = aFleet([aBackend('disk-1')]);
  dashboard = await startDashboard(balancer.url);
});
afterEach(async () => {
  for (const stream of streams) stream.close();
  await dashboard.stop();
  await balancer.stop();
});

async function openStream(): Promise<EventStream> {
  const stream = await EventStream.open(dashboard.url);
  streams.push(stream);
  return stream;
}

const fetchFrom = (path: string) => fetch(`${dashboard.url}${path}`);

describe('the feed', () => {
  it('a new page gets the history at once, and then the fleet', async () => {
    const stream = await openStream();
    expect(await stream.next()).toMatchObject({ type: 'history', data: { controlPlane: balancer.url } });
    expect(await stream.next()).toMatchObject({ type: 'fleet', data: { metrics: { backends: [{ id: 'disk-1' }] } } });
  });

  it('the request rate is computed, also after a restart of the balancer', async () => {
    const stream = await openStream();
    balancer.metrics = aFleet([aBackend('disk-1', { requests: 1000 })]);
    const { rates } = await stream.until<FleetMessage>('fleet', (fleet) => (fleet.rates.requests ?? 0) > 0);
    expect(rates.backends[0]).toBe(rates.requests);

    balancer.metrics = aFleet([aBackend('disk-1', { requests: 3 })], { uptimeSeconds: 1 });
    const afterwards = await stream.until<FleetMessage>('fleet', ({ metrics }) => metrics.fleet.requests === 3);
    expect(afterwards.rates.requests).toBeGreaterThan(0);
    expect(afterwards.rates.requests).toBeLessThan(1000);
  });

  it('pages are told that the balancer is away, also those that open late, and when it is back', async () => {
    const stream = await openStream();
    await balancer.stop();
    const away = await stream.until<AwayMessage>('outage');
    expect(away.reason).toMatch(/refused the connection|closed the connection/);
    expect(Date.parse(away.since)).toBeLessThanOrEqual(Date.now());

    const late = await openStream();
    expect(await late.until<AwayMessage>('outage')).toMatchObject({ since: away.since });

    await balancer.start();
    expect((await stream.until<FleetMessage>('fleet')).rates.requests).toBeNull();
  });

  it.each([
    ['an error status', (response) => response.writeHead(500).end(), 'responded with status 500'],
    ['something that is no JSON', (response) => response.end('<html>'), 'sent a body that is not JSON'],
    ['JSON of another shape', (response) => response.end('{"fleet":7}'), 'sent an unexpected response'],
    ['nothing', () => undefined, 'did not respond within 2 s'],
  ] satisfies [string, NonNullable<FakeMetricsServer['misbehaviour']>, string][])(
    'a balancer that responds with %s is away, and is asked once at a time',
    async (_what, misbehaviour, reason) => {
      const stream = await openStream();
      balancer.misbehaviour = misbehaviour;
      await stream.until<AwayMessage>('outage', (away) => away.reason.includes(reason));
      balancer.misbehaviour = null;
      await stream.until<FleetMessage>('fleet');
      expect(balancer.mostPending).toBe(1);
    },
  );

  it('a page that did not read gets the newest message, and none of those before it', async () => {
    balancer.metrics = aFleet([aBackend('wide', { reason: 'x'.repeat(8_000_000) })]);
    const reader = await openStream();
    await reader.until<FleetMessage>('fleet', ({ metrics }) => metrics.backends[0].id === 'wide');
    const socket = await stalledPage(dashboard);
    // It has been sent a message that is larger than the buffers of the sockets; the reader beside it gets them all.
    for (const id of ['second', 'third', 'fourth', 'newest']) {
      balancer.metrics = aFleet([aBackend(id)]);
      await reader.until<FleetMessage>('fleet', ({ metrics }) => metrics.backends[0].id === id);
    }
    const received = receivedUntil(socket, '"id":"newest"');
    socket.resume();
    const text = await received;
    expect(text).toContain('"id":"wide"');
    expect(text).not.toMatch(/"id":"(second|third|fourth)"/);
  });

  it('a page that reads nothing loses its place', async () => {
    balancer.metrics = aFleet([aBackend('wide', { reason: 'x'.repeat(8_000_000) })]);
    const narrow = await startDashboard(balancer.url, { DASHBOARD_MAX_CONNECTIONS: '1' });
    await stalledPage(narrow);
    const isServed = () =>
      fetch(`${narrow.url}/health/live`).then(
        () => true,
        () => false,
      );
    expect(await isServed()).toBe(false);
    await until('the place to be free', isServed);
    await narrow.stop();
  });
});

describe('the plain pages', () => {
  it('ids are escaped in the status table', async () => {
    balancer.metrics = aFleet([aBackend('<script>alert("1")</script>')]);
    const stream = await openStream();
    await stream.until<FleetMessage>('fleet', ({ metrics }) => metrics.backends[0].id !== 'disk-1');
    const response = await fetchFrom('/status');
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('&#60;script&#62;alert(&#34;1&#34;)');
    expect(page).not.toContain('<script');
  });

  it('the status table says which backends declared nothing', async () => {
    balancer.metrics = aFleet([aBackend('plain', { capacity: undefined })]);
    const stream = await openStream();
    await stream.until<FleetMessage>('fleet', ({ metrics }) => metrics.backends[0].id === 'plain');
    const page = await (await fetchFrom('/status')).text();
    expect(page.match(/<td class="number">not declared<\/td>/g)).toHaveLength(2);
  });

  it('the request log is relayed', async () => {
    const asked = { client: '127.0.0.1', method: 'GET', path: '/', protocol: 'HTTP/1.1', tls: 'TLSv1.3', bytesIn: 99 };
    const sent = { status: 200, bytesOut: 250, durationMs: 8.5, firstByteMs: null };
    const placed = { backend: 'disk-1', demand: { compute: 3 }, attempts: 1, requestId: 'id-1' };
    balancer.requests = [{ at: '2026-11-05T09:30:00Z', ...asked, ...sent, ...placed }];
    expect(await (await fetchFrom('/request-log')).json()).toEqual({ requests: balancer.requests });
  });

  it('while the balancer is away the status gets 503, the request log 502, and the dashboard is alive but not ready', async () => {
    expect((await fetchFrom('/health/ready')).status).toBe(200);
    const stream = await openStream();
    await balancer.stop();
    await stream.until<AwayMessage>('outage');

    const status = await fetchFrom('/status');
    expect(status.status).toBe(503);
    expect(await status.text()).toContain('The balancer is unavailable');
    const log = await fetchFrom('/request-log');
    expect(log.status).toBe(502);
    expect(await log.json()).toEqual({
      statusCode: 502,
      error: 'Bad Gateway',
      message: `${balancer.url} refused the connection`,
    });
    expect((await fetchFrom('/health/ready')).status).toBe(503);
    expect((await fetchFrom('/health/live')).status).toBe(200);
  });

  it('the dashboard of a degraded balancer is ready but degraded', async () => {
    balancer.metrics = aFleet([]);
    const stream = await openStream();
    await stream.until<FleetMessage>('fleet', ({ metrics }) => metrics.status === 'degraded');
    const ready = await fetchFrom('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'degraded' });
  });

  it('the dashboard of a balancer in panic is degraded, and the plain page says what that means', async () => {
    const full = aBackend('a', { inFlight: 7, meanInFlight: 6.5, maxInFlight: 9 });
    const drained = aBackend('b', { state: 'draining', inFlight: 0 });
    balancer.metrics = aFleet([full, drained], { status: 'panic' });
    const stream = await openStream();
    await stream.until<FleetMessage>('fleet', ({ metrics }) => metrics.status === 'panic');
    expect(await (await fetchFrom('/health/ready')).json()).toMatchObject({ status: 'degraded' });
    const page = await (await fetchFrom('/status')).text();
    expect(page).toContain('Unhealthy backends receive requests too.');
    expect(page).toContain('6.5 / 9');
    expect(page).toContain('<td>drained</td>');
  });
});

describe('start and end', () => {
  it('SIGTERM ends the open streams and the process with code 0', async () => {
    const stream = await openStream();
    await stream.until<FleetMessage>('fleet');
    const [ended] = await Promise.all([dashboard.stop(), drain(stream)]);
    expect(ended).toEqual({ code: 0, signal: null });
  });

  it('the dashboard starts while the balancer is away', async () => {
    await balancer.stop();
    const early = await startDashboard(balancer.url);
    expect((await fetch(`${early.url}/status`)).status).toBe(503);
    await early.stop();
  });

  it('each wrong variable is named on a line of its own, and the exit code is 1', async () => {
    const { code, stderr } = await runDashboard({
      DASHBOARD_PORT: '99999',
      LOG_LEVEL: 'loud',
      BALANCER_URL: 'ftp://x',
    });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'DASHBOARD_PORT must be a whole number from 0 to 65535, got "99999"',
      'BALANCER_URL must be an http or https URL without credentials, query or fragment, such as http://127.0.0.1:9797, got "ftp://x"',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    ]);
  });

  it('the error says that the port is taken', async () => {
    const { port } = new URL(dashboard.url);
    const { code, stderr } = await runDashboard({ DASHBOARD_PORT: port, BALANCER_URL: balancer.url });
    expect(code).toBe(1);
    expect(stderr).toContain('EADDRINUSE');
  });
});

/** A page that is connected and does not read. */
async function stalledPage({ url }: Dashboard): Promise<Socket> {
  const socket = await openSocket(Number(new URL(url).port));
  socket.pause().write(head('GET /api/events HTTP/1.1', ['Host: localhost']));
  return socket;
}

/** Reads until the server ends the stream. */
async function drain(stream: EventStream): Promise<void> {
  while ((await stream.next()) !== null);
}
