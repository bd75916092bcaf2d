// What the requests of one pool share, and those of another do not notice.
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePools } from '../../traffic-config/current-traffic.fixture.js';
import { aDataPlane } from './attempt-loop.fixture.js';

const REPORTS = { pool: 'reports' };
const REFUSED = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** One backend in each of the pools `default` and `reports`, and one exchange on each at most. */
function twoFullPools() {
  const plane = aDataPlane({ TRAFFIC_LIMITS: '{"perClient": {"requestsInFlight": 0}}' });
  const { queue, retryBudget, outliers } = plane.traffic.settingsOf('default');
  usePools(plane.traffic, { name: 'reports', queue: { maxRequests: 1, timeoutSeconds: 0.1 } });
  plane.join('a', { maxInFlight: 1 });
  plane.join('b', { pool: 'reports', maxInFlight: 1 });
  const first = [plane.send(), plane.send(REPORTS)];
  expect(first.map(({ log }) => log)).toEqual([['sent to a'], ['sent to b']]);
  return { ...plane, first, queue, retryBudget, outliers };
}

describe('the queue of a pool', () => {
  it('has places of its own', () => {
    const { send, factory, counts } = twoFullPools();
    const waiting = [send(), send(REPORTS), send()];
    expect(send(REPORTS).log).toEqual(['503: all backends are full']);
    expect(waiting.map(({ log }) => log)).toEqual([[], [], []]);
    expect(factory.queued).toEqual({ default: 2, reports: 1 });
    expect(counts().queued).toBe(3);
  });

  it('lets requests wait as long as the pool says', () => {
    const { send } = twoFullPools();
    const [patient, impatient] = [send(), send(REPORTS)];
    vi.advanceTimersByTime(120);
    expect([patient.log, impatient.log]).toEqual([[], ['503: all backends are full']]);
  });

  it('is served when a backend of the pool has room, and not when another one has', async () => {
    const { send, first } = twoFullPools();
    const [plain, report] = [send(), send(REPORTS)];
    first[1].respond();
    await Promise.resolve();
    expect([plain.log, report.log]).toEqual([[], ['sent to b']]);
  });

  it('is served after the pool was removed, and has other settings at once', async () => {
    const { send, first, traffic, factory } = twoFullPools();
    const report = send(REPORTS);
    usePools(traffic, { name: 'reports', queue: { maxRequests: 2, timeoutSeconds: 1 } });
    expect(send(REPORTS).log).toEqual([]);
    usePools(traffic);
    first[1].respond();
    await Promise.resolve();
    expect(report.log).toEqual(['sent to b']);
    expect(factory.queued).toEqual({ reports: 1 });
  });
});

it('the retry budget of a pool is its own', () => {
  const { join, send, traffic, counts } = aDataPlane({ RETRY_BUDGET: '0', RETRY_BUDGET_MIN_PER_SECOND: '0' });
  usePools(traffic, { name: 'reports', retryBudget: { ratio: 1, minPerSecond: 1 } });
  for (const id of ['a', 'b']) join(id);
  for (const id of ['c', 'd']) join(id, REPORTS);
  const [plain, report] = [send(), send(REPORTS)];
  plain.fail(REFUSED);
  report.fail(REFUSED);
  expect(plain.log).toHaveLength(2);
  expect(plain.log[1]).toMatch(/^503/);
  expect(report.log).toEqual(['sent to c', 'sent to d']);
  expect(counts().retries).toBe(1);
});

it('failures in a row count by the rules of the pool', () => {
  const { join, send, traffic, stateOf } = aDataPlane();
  const { outliers } = traffic.settingsOf('default');
  usePools(traffic, { name: 'reports', outliers: { ...outliers, consecutive5xx: 2, consecutiveGatewayErrors: 0 } });
  for (const id of ['a', 'b']) join(id, { maxInFlight: 100 });
  for (const id of ['c', 'd']) join(id, { ...REPORTS, maxInFlight: 100 });
  for (let i = 0; i < 4; i++) {
    send().respond(500);
    send(REPORTS).respond(500);
  }
  const states = ['a', 'b', 'c', 'd'].map(stateOf);
  expect(states.slice(0, 2)).toEqual(['up', 'up']);
  expect(states.slice(2).toSorted()).toEqual(['ejected', 'up']);
});

it('one client may have half of what the backends and queues of all pools take', () => {
  const { join, send, traffic } = aDataPlane({ MAX_QUEUED_REQUESTS: '0' });
  usePools(traffic, { name: 'reports', queue: { maxRequests: 2, timeoutSeconds: 1 } });
  join('a', { maxInFlight: 2 });
  join('b', { pool: 'reports', maxInFlight: 2 });
  const logs = [send(), send(REPORTS), send(), send(REPORTS)].map(({ log }) => log);
  expect(logs.map(([entry]) => entry.slice(0, 4))).toEqual(['sent', 'sent', 'sent', '429:']);
});
