// Which requests the dashboard refuses because of the page or the name that they come from.
import { expect, it } from 'vitest';
import { send } from '../control-plane/requests.js';
import { shared } from '../support/lifetime.js';
import { startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';

const dashboard = shared(async (atEnd) => {
  const balancer = await new FakeMetricsServer().start();
  atEnd(() => balancer.stop());
  const started = await startDashboard(balancer.url, { DASHBOARD_NAMES: 'fairlead.example' });
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
