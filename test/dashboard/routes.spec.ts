// What the dashboard serves whatever the fleet is: the page and its files, errors, and security headers.
import { expect, it } from 'vitest';
import { shared } from '../support/lifetime.js';
import { startDashboard } from './dashboard-process.js';
import { FakeMetricsServer } from './fake-metrics-server.js';

const dashboard = shared(async (atEnd) => {
  const balancer = await new FakeMetricsServer().start();
  atEnd(() => balancer.stop());
  const started = await startDashboard(balancer.url);
  atEnd(async () => void (await started.stop()));
  return started;
});

const get = (path: string) => fetch(`${dashboard.current.url}${path}`);

it('the live page is served at both addresses, with its modules and the chart library', async () => {
  for (const path of ['/', '/frontend']) {
    const response = await get(path);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('/assets/main.js');
  }
  for (const path of ['/assets/main.js', '/assets/uplot/uPlot.esm.js', '/assets/theme.css']) {
    expect((await get(path)).status, path).toBe(200);
  }
});

it.each(['/nowhere', '/assets/nothing.js', '/assets/..%2f..%2ftsconfig.app.json', '/api/v1/backends'])(
  '%s gets 404 as JSON',
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ statusCode: 404, error: 'Not Found' });
  },
);

it.each(['/', '/status', '/assets/main.js', '/nowhere'])('%s has security headers', async (path) => {
  const { headers } = await get(path);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('content-security-policy')).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-powered-by')).toBeNull();
});
