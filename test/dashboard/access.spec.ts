// Which requests the dashboard refuses because of the page or the name that they come from, and how many it takes.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { send } from '../control-plane/requests.js';
import { shared } from '../support/lifetime.js';
import { openSocket } from '../support/raw-client.js';
import { startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';

const dashboard = shared(async (atEnd) => {
  const balancer = await new FakeMetricsServer().start();
  atEnd(() => balancer.stop());
  const started = await startDashboard(balancer.url, {
    DASHBOARD_NAMES: 'fairlead.example',
    DASHBOARD_MAX_CONNECTIONS: '8',
  });
  atEnd(async () => void (await started.stop()));
  return started;
});

const PATHS = [
  '/',
  '/frontend',
  '/status',
  '/request-log',
  '/api/events',
  '/assets/main.js',
  '/health/live',
  '/nowhere',
];
const statusOf = async (path: string, headers: Record<string, string>) =>
  (await send(dashboard.current.url, { path, headers })).status;

it.each([
  [{ origin: 'http://evil.example' }, 403],
  [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, 403],
  [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 403],
  [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 403],
  [{ host: 'evil.example' }, 421],
  [{ host: 'evil.example:9494', 'sec-fetch-site': 'none' }, 421],
])('%j gets %i on every route', async (headers, status) => {
  for (const path of PATHS) expect(await statusOf(path, headers as Record<string, string>), path).toBe(status);
});

it('a link from another page opens the dashboard', async () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  for (const path of ['/', '/status', '/request-log']) expect(await statusOf(path, link), path).toBe(200);
});

it.each(['localhost:9494', '192.0.2.7', '[::1]:9494', 'Fairlead.example'])('it goes by the name %s', async (host) => {
  expect(await statusOf('/', { host })).toBe(200);
});

it('the page loads its own files', async () => {
  const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', origin: dashboard.current.url };
  expect(await statusOf('/assets/main.js', own)).toBe(200);
});

it('a connection that sends nothing ends by itself', async () => {
  const socket = await openSocket(Number(new URL(dashboard.current.url).port));
  socket.resume();
  await once(socket, 'close');
});

it('connections beyond DASHBOARD_MAX_CONNECTIONS are closed', async () => {
  const port = Number(new URL(dashboard.current.url).port);
  const sockets = await Promise.all(Array.from({ length: 9 }, () => openSocket(port)));
  const closed = sockets.map((socket) => once(socket.resume(), 'close').then(() => socket));
  const first = await Promise.race(closed);
  expect(sockets.filter((socket) => !socket.destroyed && socket !== first).length).toBeGreaterThan(0);
});
