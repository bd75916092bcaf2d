// Health checks of several pools: each at its own interval, by its own rules.
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import { usePools } from '../traffic-config/current-traffic.fixture.js';
import { PingAckCron } from './ping-ack.cron.js';
import { ScriptedProbe } from './scripted-probe.fixture.js';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The backend `a` is pinged every 100 s, and `b` in the pool `reports` every 30 s. */
function aCron() {
  const fleet = aRegistry();
  const { registry, traffic, config, events } = fleet;
  const { health } = traffic.settingsOf('default');
  const every = (intervalSeconds: number) => ({ name: 'reports', health: { ...health, intervalSeconds } });
  usePools(traffic, every(30));
  fleet.join('a');
  fleet.join('b', { pool: 'reports' });
  const probe = new ScriptedProbe(config);
  const cron = new PingAckCron(registry, probe, new SchedulerRegistry(), traffic, config);
  cron.onApplicationBootstrap();
  /** The backends that were pinged in the next seconds, by their ids in order. */
  const pingedIn = async (seconds: number) => {
    probe.pinged.length = 0;
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return probe.pinged.map((url) => url.slice('http://'.length)).join('');
  };
  return { ...fleet, cron, probe, every, pingedIn, events };
}

describe('the sweeps of a pool', () => {
  it('come at its interval, and ping its backends alone', async () => {
    const { pingedIn } = aCron();
    expect([await pingedIn(59), await pingedIn(2), await pingedIn(39)]).toEqual(['b', 'b', 'ba']);
  });

  it('come at another interval once the configuration says so, and the others as before', async () => {
    const { pingedIn, traffic, every } = aCron();
    await pingedIn(20);
    usePools(traffic, every(50));
    expect([await pingedIn(49), await pingedIn(2), await pingedIn(29)]).toEqual(['', 'b', 'a']);
  });

  it('go on for a pool that was removed until its last backend has left', async () => {
    const { pingedIn, traffic, registry } = aCron();
    usePools(traffic);
    expect(await pingedIn(31)).toBe('b');
    await registry.leaveNow('b');
    await pingedIn(60);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('come for a pool that the configuration adds, and end with the balancer', async () => {
    const { pingedIn, traffic, every, join, cron } = aCron();
    usePools(traffic, every(30), { ...every(10), name: 'files' });
    join('c', { pool: 'files' });
    expect(await pingedIn(11)).toBe('c');
    cron.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are taken for a fault of the balancer when most of the pool is silent, whatever the others say', async () => {
    const { cron, probe, join, registry, events } = aCron();
    for (const id of ['c', 'd']) join(id, { pool: 'reports' });
    for (const id of ['e', 'f', 'g', 'h']) join(id);
    probe.finds = ({ url }) => (/[bcd]$/.test(url) ? 'ping-unanswered' : 'ping-ok');
    await cron.sweep('reports');
    expect(new Set(registry.list().map(({ health }) => health.state))).toEqual(new Set(['up']));
    expect(events.newest().at(-1)?.reason).toContain('3 of 3 backends of the pool reports did not respond');
  });
});
