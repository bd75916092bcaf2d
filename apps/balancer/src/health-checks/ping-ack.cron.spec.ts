import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import { PingAckCron } from './ping-ack.cron.js';
import type { ProbeResult } from './probe.js';
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

/** Sweeps every 100 s. The backends in `ids` are up. */
function aCron(ids: readonly string[], environment: Record<string, string> = {}) {
  const fleet = aRegistry(environment);
  const { config, registry, events, traffic } = fleet;
  for (const id of ids) fleet.join(id);
  const probe = new ScriptedProbe(config);
  /** What the pings of these backends find, by id; others succeed. */
  const find = (what: ProbeResult['what'], ...found: string[]) => {
    probe.finds = ({ url }) => (found.includes(url.slice('http://'.length)) ? what : 'ping-ok');
  };
  return {
    ...fleet,
    probe,
    find,
    cron: new PingAckCron(registry, probe, new SchedulerRegistry(), traffic, config),
    states: () => registry.list().map(({ health }) => health.state),
    isPreserved: () => events.newest().some(({ kind }) => kind === 'self-preservation'),
  };
}

describe('a sweep', () => {
  it('pings every backend once, whatever its state', async () => {
    const { cron, probe, register, states } = aCron(['a', 'b']);
    register('c');
    await cron.sweep();
    expect(probe.pinged).toEqual(['http://a', 'http://b', 'http://c']);
    expect(states()).toEqual(['up', 'up', 'up']);
  });

  it('pings all at the same time', async () => {
    const { cron, probe } = aCron(['a', 'b', 'c']);
    let isOver = false;
    probe.finds = () => new Promise(() => {});
    void cron.sweep().then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(0);
    expect([probe.pinged.length, isOver]).toEqual([3, false]);
  });

  it.each(['ping-unanswered', 'ping-failed'] as const)('puts a backend under suspicion: %s', async (what) => {
    const { cron, find, states } = aCron(['a', 'b', 'c']);
    find(what, 'b');
    await cron.sweep();
    expect(states()).toEqual(['up', 'suspect', 'up']);
    await cron.sweep();
    await cron.sweep();
    expect(states()).toEqual(['up', 'down', 'up']);
  });

  it('knows nothing of a backend that the balancer lacked the means to ping', async () => {
    const { cron, find, states } = aCron(['a', 'b', 'c']);
    find('not-pinged', 'a');
    await cron.sweep();
    expect(states()).toEqual(['up', 'up', 'up']);
  });

  it('says nothing about a backend that has moved meanwhile, or has left', async () => {
    const { cron, probe, register, registry, states } = aCron(['a', 'b']);
    let found: (what: ProbeResult['what']) => void = () => {};
    const outcome = new Promise<ProbeResult['what']>((resolve) => (found = resolve));
    probe.finds = () => outcome;
    const sweep = cron.sweep();
    register('a', { url: 'http://elsewhere' });
    await registry.leaveNow('b');
    register('b');
    found('ping-ok');
    await sweep;
    expect(states()).toEqual(['joining', 'joining']);
  });
});

describe('a sweep in which most backends leave their pings unanswered', () => {
  it('is taken for a fault of the balancer: no backend is put under suspicion', async () => {
    const { cron, find, states, isPreserved } = aCron(['a', 'b', 'c']);
    find('ping-unanswered', 'a', 'b');
    await cron.sweep();
    expect(states()).toEqual(['up', 'up', 'up']);
    expect(isPreserved()).toBe(true);
  });

  it('brings back those that respond', async () => {
    const { cron, find, states, registry } = aCron(['a', 'b', 'c', 'd']);
    registry.observe(registry.get('d'), { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    find('ping-unanswered', 'a', 'b');
    await cron.sweep();
    expect(states()).toEqual(['up', 'up', 'up', 'up']);
  });

  it('still counts against those that responded badly', async () => {
    const { cron, probe, states } = aCron(['a', 'b', 'c']);
    probe.finds = ({ url }) => (url === 'http://c' ? 'ping-failed' : 'ping-unanswered');
    await cron.sweep();
    expect(states()).toEqual(['up', 'up', 'suspect']);
  });

  it.each([
    ['at most half do', ['a', 'b', 'c', 'd'], {}],
    ['there are only two', ['a', 'b'], {}],
    ['self-preservation is turned off', ['a', 'b', 'c'], { SELF_PRESERVATION_RATIO: '1' }],
  ])('counts against them if %s', async (_what, ids, environment) => {
    const { cron, find, states, isPreserved } = aCron(ids, environment);
    find('ping-unanswered', 'a', 'b');
    await cron.sweep();
    expect(states().slice(0, 2)).toEqual(['suspect', 'suspect']);
    expect(isPreserved()).toBe(false);
  });

  it('does not include pings that got a bad response', async () => {
    const { cron, probe, states, isPreserved } = aCron(['a', 'b', 'c']);
    probe.finds = ({ url }) => (url === 'http://c' ? 'ping-unanswered' : 'ping-failed');
    await cron.sweep();
    expect(states()).toEqual(['suspect', 'suspect', 'suspect']);
    expect(isPreserved()).toBe(false);
  });

  it('is judged by the backends that were up before', async () => {
    const { cron, find, register, states } = aCron(['a', 'b', 'c', 'd']);
    for (const id of ['x', 'y', 'z']) register(id);
    find('ping-unanswered', 'a', 'x', 'y', 'z');
    await cron.sweep();
    expect(states().slice(0, 4)).toEqual(['suspect', 'up', 'up', 'up']);
  });
});

describe('the sweeps', () => {
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

  it('come every PING_ACK_INTERVAL_SECONDS', async () => {
    const { cron, probe } = aCron(['a']);
    cron.onApplicationBootstrap();
    for (let sweep = 0; sweep < 3; sweep++) {
      await pass(99.9);
      expect(probe.pinged).toHaveLength(sweep);
      await pass(0.1);
      expect(probe.pinged).toHaveLength(sweep + 1);
    }
  });

  it.each([
    [0, 90],
    [1, 110],
  ])('come early or late by PING_ACK_JITTER: with a random number of %i after %i s', async (random, seconds) => {
    vi.mocked(Math.random).mockReturnValue(random);
    const { cron, probe } = aCron(['a'], { PING_ACK_JITTER: '0.1' });
    cron.onApplicationBootstrap();
    await pass(seconds - 0.1);
    expect(probe.pinged).toHaveLength(0);
    await pass(0.2);
    expect(probe.pinged).toHaveLength(1);
  });

  it('never overlap: the next one waits until the last one is over', async () => {
    const { cron, probe } = aCron(['a']);
    let found: (what: ProbeResult['what']) => void = () => {};
    probe.finds = () => new Promise((resolve) => (found = resolve));
    cron.onApplicationBootstrap();
    await pass(1000);
    expect(probe.pinged).toHaveLength(1);
    found('ping-ok');
    await pass(100);
    expect(probe.pinged).toHaveLength(2);
  });

  it('end with the balancer, also if one is under way', async () => {
    const { cron, probe } = aCron(['a']);
    let found: (what: ProbeResult['what']) => void = () => {};
    probe.finds = () => new Promise((resolve) => (found = resolve));
    cron.onApplicationBootstrap();
    await pass(100);
    cron.onApplicationShutdown();
    found('ping-ok');
    await pass(1000);
    expect(probe.pinged).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end with the balancer before the first', async () => {
    const { cron } = aCron(['a']);
    cron.onApplicationBootstrap();
    cron.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});
