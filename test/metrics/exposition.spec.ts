// The metrics for Prometheus: each request is counted once, the table of docs/metrics.md is right, and promtool has no
// objection.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_METRICS, completeExposition } from '../../scripts/documentation/complete-exposition.ts';
import { metricsTable, withMetricsTable } from '../../scripts/documentation/metrics-table.ts';
import { get, lastGet } from '../support/http-text.js';
import { metricsOf, samplesOf } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { describeWith } from '../support/programs.js';
import { openSocket, receivedUntil, sendRaw } from '../support/raw-client.js';
import { startSecureBalancer } from '../support/tls.js';
import { echoUpstream, httpUpstream, join } from '../support/upstreams.js';

const DOCUMENT = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const SETTING = { METRICS_MAX_AGE_SECONDS: '0' };

/** The samples of a metric with any of these labels whose values are not zero, as `value` by the other labels. */
async function samples(balancer: Balancer, name: string): Promise<Record<string, number>> {
  const all = await samplesOf(balancer, name);
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

async function sum(balancer: Balancer, name: string): Promise<number> {
  return Object.values(await samples(balancer, name)).reduce((total, value) => total + value, 0);
}

/** Responds with the status that the path names; `/cut` breaks off, `/never` does not respond. */
const statusUpstream = () =>
  httpUpstream((request, response) => {
    if (request.url === '/cut') response.destroy();
    else if (request.url !== '/never') response.writeHead(Number(request.url?.slice(1))).end('body');
  });

const UPGRADE = get('/', 'Connection: Upgrade', 'Upgrade: websocket');

describe.each([
  ['the fast lane', { FAST_LANE: 'on' }],
  ['the full lane', { FAST_LANE: 'off' }],
  ['two threads', { DATA_PLANE_THREADS: '2' }],
])('in %s', (_, env) => {
  it('each request is counted once: with its backend, or without one when the balancer responds', async () => {
    const balancer = await startBalancer({ ...SETTING, ...env, MAX_ATTEMPTS: '1', PANIC_THRESHOLD: '0' });
    expect((await fetch(balancer.url)).status).toBe(503);
    await join(balancer, 'a', (await statusUpstream()).port, { maxInFlight: 100 });
    for (const path of ['/200', '/204', '/301', '/404', '/500']) {
      await (await fetch(balancer.url + path, { redirect: 'manual' })).arrayBuffer();
    }
    await (await fetch(`${balancer.url}/200`, { method: 'POST', body: 'x'.repeat(1000) })).arrayBuffer();
    await sendRaw(balancer.port, 'BREW /200 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    await sendRaw(balancer.port, lastGet('/200', 'Host: second'));
    await sendRaw(balancer.port, lastGet('http//'));
    const leaver = await openSocket(balancer.port);
    leaver.write(get('/never'));
    await until('it to wait', async () => (await metricsOf(balancer)).fleet.inFlight === 1);
    leaver.destroy();
    await until('it to be counted', async () => (await sum(balancer, 'fairlead_requests_total')) === 11);
    expect(await samples(balancer, 'fairlead_requests_total')).toEqual({
      'pool="default",backend="a",code_class="2xx"': 3,
      'pool="default",backend="a",code_class="3xx"': 1,
      'pool="default",backend="a",code_class="4xx"': 1,
      'pool="default",backend="a",code_class="5xx"': 1,
      'pool="default",backend="",code_class="4xx"': 1,
      'pool="default",backend="",code_class="5xx"': 1,
      'pool="",backend="",code_class="4xx"': 2,
      'pool="",backend="",code_class="5xx"': 1,
    });
    expect(await samples(balancer, 'fairlead_client_requests_total')).toEqual({
      'method="GET"': 9,
      'method="POST"': 1,
      'method="other"': 1,
    });
    expect(await samples(balancer, 'fairlead_request_duration_seconds_count')).toEqual({ 'pool="default"': 8 });
    expect(await samples(balancer, 'fairlead_time_to_first_byte_seconds_count')).toEqual({ 'pool="default"': 6 });
    const bytes = await samplesOf(balancer, 'fairlead_client_bytes_total');
    expect(bytes['direction="received"']).toBeGreaterThan(1500);
    expect(bytes['direction="sent"']).toBeGreaterThan(500);
  });

  it('a head that does not arrive in time is a refusal, and a connection without one is none', async () => {
    const balancer = await startBalancer({ ...SETTING, ...env, CLIENT_HEADER_TIMEOUT_SECONDS: '1' });
    const [late, idle] = [await openSocket(balancer.port), await openSocket(balancer.port)];
    late.write('GET / HTTP/1.1\r\nHost: h');
    await Promise.all([receivedUntil(late, '\r\n\r\n'), once(idle.resume(), 'close')]);
    expect(await samples(balancer, 'fairlead_requests_total')).toEqual({ 'pool="",backend="",code_class="4xx"': 1 });
    expect(await samples(balancer, 'fairlead_client_requests_total')).toEqual({ 'method="other"': 1 });
  });

  it('a request with a forbidden trailer is counted once, though it came in one piece', async () => {
    const balancer = await startBalancer({ ...SETTING, ...env });
    await join(balancer, 'a', (await echoUpstream()).port);
    const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';
    await sendRaw(balancer.port, `${head}1\r\nx\r\n0\r\nContent-Length: 3\r\n\r\n`);
    await until('it to end', async () => (await metricsOf(balancer)).fleet.inFlight === 0);
    expect(await samples(balancer, 'fairlead_client_requests_total')).toEqual({ 'method="POST"': 1 });
    await until('its response', async () => (await sum(balancer, 'fairlead_requests_total')) > 0);
    expect(await sum(balancer, 'fairlead_requests_total')).toBe(1);
  });

  it('a retried request is counted once, with the backend that responded', async () => {
    const balancer = await startBalancer({ ...SETTING, ...env, PLACEMENT_POLICY: 'round-robin' });
    await join(balancer, 'cut', (await httpUpstream((__, response) => void response.destroy())).port);
    await join(balancer, 'good', (await httpUpstream((__, response) => response.end())).port);
    for (let i = 0; i < 2; i++) expect((await fetch(balancer.url)).status).toBe(200);
    await until('both to be counted', async () => (await sum(balancer, 'fairlead_requests_total')) === 2);
    expect(await samples(balancer, 'fairlead_requests_total')).toEqual({
      'pool="default",backend="good",code_class="2xx"': 2,
    });
    const retries = await sum(balancer, 'fairlead_retries_total');
    expect(retries).toBeGreaterThan(0);
    expect(await samples(balancer, 'fairlead_backend_failed_attempts_total')).toEqual({ 'backend="cut"': retries });
  });

  it('an upgraded connection is a request with 1xx, and no duration', async () => {
    const balancer = await startBalancer({ ...SETTING, ...env });
    await join(balancer, 'a', (await echoUpstream()).port);
    const socket = await openSocket(balancer.port);
    socket.write(UPGRADE);
    await receivedUntil(socket, '\r\n\r\n');
    expect(await samples(balancer, 'fairlead_requests_total')).toEqual({
      'pool="default",backend="a",code_class="1xx"': 1,
    });
    await until('it to be open', async () => (await sum(balancer, 'fairlead_open_client_connections')) === 1);
    socket.destroy();
    await until('its end', async () => (await sum(balancer, 'fairlead_time_to_first_byte_seconds_count')) === 1);
    expect(await samples(balancer, 'fairlead_request_duration_seconds_count')).toEqual({});
    expect(await sum(balancer, 'fairlead_client_connections_total')).toBe(1);
    await until('it to be closed', async () => (await sum(balancer, 'fairlead_open_client_connections')) === 0);
  });
});

it('what is in flight between two readings is in the mean', async () => {
  const balancer = await startBalancer(SETTING);
  await join(balancer, 'a', (await httpUpstream((_, response) => void setTimeout(() => response.end(), 5))).port);
  const load = { isOver: false };
  const sending = (async () => {
    while (!load.isOver) await (await fetch(balancer.url, { headers: { compute: '3' } })).arrayBuffer();
  })();
  // One request at a time, and short pauses between them.
  await until('a mean', async () => {
    const { fleet, backends } = await metricsOf(balancer);
    const isMean = fleet.meanInFlight > 0.2 && fleet.meanInFlight < 1;
    return isMean && backends[0].meanInFlight === fleet.meanInFlight;
  });
  await until('a peak', async () => (await metricsOf(balancer)).backends[0].peakInFlight === 1);
  const { backends } = await metricsOf(balancer);
  expect(backends[0].peakBacklogSeconds.compute).toBeGreaterThan(0);
  load.isOver = true;
  await sending;
  await until('the mean to fall', async () => (await metricsOf(balancer)).fleet.meanInFlight === 0);
  expect(await sum(balancer, 'fairlead_backend_in_flight_requests_mean')).toBeGreaterThan(0);
  expect(await sum(balancer, 'fairlead_backend_in_flight_requests_peak')).toBe(1);
});

it('totals of the fleet stay when a backend leaves, and the last minute has them too', async () => {
  const balancer = await startBalancer({ ...SETTING, MAX_ATTEMPTS: '1' });
  await join(balancer, 'a', (await statusUpstream()).port, { resources: { compute: 4, storage: 4 } });
  for (let i = 0; i < 3; i++) await fetch(`${balancer.url}/500`);
  const { fleet: before } = await metricsOf(balancer);
  expect(before).toMatchObject({ errors: 3, lastMinute: { errors: 3, requests: 3, unplaced: 0 } });
  await fetch(`${balancer.control}/api/v1/backends/a`, { method: 'DELETE' });
  await until('it to leave', async () => (await metricsOf(balancer)).fleet.backends === 0);
  await fetch(balancer.url);
  const { fleet } = await metricsOf(balancer);
  expect(fleet).toMatchObject({ errors: 3, totals: before.totals, unplaced: 1 });
  expect(fleet.lastMinute).toMatchObject({ errors: 3, requests: 4, unplaced: 1 });
  expect(fleet.lastMinute.latencyMs?.p50).toBeGreaterThan(0);
});

it('the table of docs/metrics.md has every metric; npm run docs:metrics rewrites it', async () => {
  const { control, url } = await startSecureBalancer(ALL_METRICS);
  const text = await completeExposition(control, url);
  expect(DOCUMENT).toBe(withMetricsTable(DOCUMENT, metricsTable(text)));
});

it('a backend has at most 25 series with two resources, unless there is a histogram for each', async () => {
  const { control, url } = await startBalancer(SETTING);
  const text = await completeExposition(control, url);
  expect(text.split('\n').filter((line) => line.includes('backend="a"')).length).toBeLessThanOrEqual(25);
});

describeWith('promtool', 'promtool', (promtool) => {
  it('finds nothing wrong with the metrics', async () => {
    const { control, url } = await startBalancer(ALL_METRICS);
    const input = await completeExposition(control, url);
    const check = () => execFileSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' });
    expect(check).not.toThrow();
    expect(check()).toBe('');
  });
});
