import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import type { ProbeResult } from './probe.js';
import { RecheckScheduler } from './recheck-scheduler.js';
import { ScriptedProbe } from './scripted-probe.fixture.js';

beforeEach(() => {
  vi.useFakeTimers();
  // Without jitter: a pause is as long as it says.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Pauses from 0.1 s to 1 s, as configured by default. */
function aScheduler() {
  const fleet = aRegistry();
  const { config, registry } = fleet;
  const probe = new ScriptedProbe(config);
  const scheduler = new RecheckScheduler(registry, probe, config);
  return { ...fleet, probe, scheduler, stateOf: (id: string) => registry.get(id).health.state };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Until pings that need no time are done. */
const settle = () => pass(0);

/** A ping that waits until the test says what it finds. */
function aPendingPing() {
  let found: (what: ProbeResult['what']) => void = () => {};
  const outcome = new Promise<ProbeResult['what']>((resolve) => (found = resolve));
  return { outcome, found };
}

describe('a backend that joins', () => {
  it('is pinged at once, and no more once it is up', async () => {
    const { scheduler, probe, register, stateOf } = aScheduler();
    scheduler.onApplicationBootstrap();
    register('a');
    await settle();
    expect([probe.pinged, stateOf('a')]).toEqual([['http://a'], 'up']);
    await pass(60_000);
    expect(probe.pinged).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is pinged when the balancer starts, if it was restored', async () => {
    const { scheduler, probe, register, join } = aScheduler();
    register('a');
    join('b');
    await settle();
    expect(probe.pinged).toEqual([]);
    scheduler.onApplicationBootstrap();
    await settle();
    expect(probe.pinged).toEqual(['http://a']);
  });

  it('is pinged again after pauses that double up to RECHECK_MAX_SECONDS', async () => {
    const { scheduler, probe, register, stateOf } = aScheduler();
    probe.finds = () => 'ping-unanswered';
    scheduler.onApplicationBootstrap();
    register('a');
    await settle();
    for (const [i, pauseMs] of [100, 200, 400, 800, 1000, 1000].entries()) {
      await pass(pauseMs - 1);
      expect(probe.pinged).toHaveLength(i + 1);
      await pass(1);
      expect(probe.pinged).toHaveLength(i + 2);
    }
    expect(stateOf('a')).toBe('down');
  });

  it('has its pauses shortened and lengthened by up to a quarter', async () => {
    for (const [random, pauseMs] of [
      [0, 75],
      [1, 125],
    ]) {
      vi.mocked(Math.random).mockReturnValue(random);
      const { scheduler, probe, register } = aScheduler();
      probe.finds = () => 'ping-unanswered';
      scheduler.onApplicationBootstrap();
      register('a');
      await pass(pauseMs - 1);
      expect(probe.pinged).toHaveLength(1);
      await pass(1);
      expect(probe.pinged).toHaveLength(2);
      scheduler.onApplicationShutdown();
    }
  });
});

describe('a backend that is down', () => {
  /** Down, and pinged every second; the last time just now. */
  async function aDownBackend() {
    const stage = aScheduler();
    stage.probe.finds = () => 'ping-failed';
    stage.scheduler.onApplicationBootstrap();
    stage.register('a');
    await pass(9500);
    expect(stage.stateOf('a')).toBe('down');
    stage.probe.pinged.length = 0;
    return stage;
  }

  it('comes back with PING_RISE successful pings, of which only the first has to be waited for', async () => {
    const { probe, stateOf } = await aDownBackend();
    probe.finds = () => 'ping-ok';
    await pass(1000);
    expect([probe.pinged.length, stateOf('a')]).toEqual([1, 'down']);
    await pass(100);
    expect([probe.pinged.length, stateOf('a')]).toEqual([2, 'up']);
    await pass(60_000);
    expect(probe.pinged).toHaveLength(2);
  });

  it('is pinged at once when it registers again, and from then on after short pauses', async () => {
    const { probe, register } = await aDownBackend();
    register('a');
    await settle();
    expect(probe.pinged).toHaveLength(1);
    await pass(100);
    expect(probe.pinged).toHaveLength(2);
    await pass(200 + 400);
    expect(probe.pinged).toHaveLength(4);
    await pass(799);
    expect(probe.pinged).toHaveLength(4);
  });

  it('is not pinged any more once it has left', async () => {
    const { probe, registry } = await aDownBackend();
    await registry.leaveNow('a');
    await pass(60_000);
    expect(probe.pinged).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not pinged any more once the balancer shuts down', async () => {
    const { probe, scheduler, register } = await aDownBackend();
    scheduler.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
    register('a');
    await settle();
    expect(probe.pinged).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a backend under suspicion', () => {
  it('is pinged at once, and cleared', async () => {
    const { scheduler, probe, join, registry, stateOf } = aScheduler();
    const backend = join('a');
    scheduler.onApplicationBootstrap();
    registry.observe(backend, { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    expect(stateOf('a')).toBe('suspect');
    await settle();
    expect([probe.pinged, stateOf('a')]).toEqual([['http://a'], 'up']);
  });

  it('is pinged again until it is down if its pings fail', async () => {
    const { scheduler, probe, join, registry, stateOf } = aScheduler();
    probe.finds = () => 'ping-failed';
    const backend = join('a');
    scheduler.onApplicationBootstrap();
    registry.requestProbe(backend);
    await settle();
    expect(stateOf('a')).toBe('suspect');
    await pass(300);
    expect([probe.pinged.length, stateOf('a')]).toEqual([3, 'down']);
  });
});

describe('a ping that is not over yet', () => {
  it('is the only one at a time', async () => {
    const { scheduler, probe, join, registry } = aScheduler();
    const { outcome, found } = aPendingPing();
    probe.finds = () => outcome;
    const backend = join('a');
    scheduler.onApplicationBootstrap();
    for (let i = 0; i < 5; i++) registry.requestProbe(backend);
    await settle();
    expect(probe.pinged).toHaveLength(1);
    found('ping-ok');
    await pass(60_000);
    expect(probe.pinged).toHaveLength(1);
    registry.requestProbe(backend);
    await settle();
    expect(probe.pinged).toHaveLength(2);
  });

  it('says nothing about a backend that has moved: it is pinged where it is now', async () => {
    const { scheduler, probe, register, stateOf } = aScheduler();
    const { outcome, found } = aPendingPing();
    probe.finds = ({ url }) => (url === 'http://old' ? outcome : 'ping-unanswered');
    scheduler.onApplicationBootstrap();
    register('a', { url: 'http://old' });
    register('a', { url: 'http://new' });
    await settle();
    expect(probe.pinged).toEqual(['http://old']);
    found('ping-ok');
    await settle();
    expect([probe.pinged, stateOf('a')]).toEqual([['http://old', 'http://new'], 'joining']);
  });

  it('says nothing about a backend that got the slot of one that has left', async () => {
    const { scheduler, probe, registry, register, stateOf } = aScheduler();
    const { outcome, found } = aPendingPing();
    probe.finds = ({ url }) => (url === 'http://a' ? outcome : 'ping-unanswered');
    scheduler.onApplicationBootstrap();
    const { slot } = register('a');
    await registry.leaveNow('a');
    expect(register('b').slot).toBe(slot);
    found('ping-ok');
    await settle();
    expect([probe.pinged, stateOf('b')]).toEqual([['http://a', 'http://b'], 'joining']);
  });

  it('is followed by no other if its backend has left', async () => {
    const { scheduler, probe, registry, register } = aScheduler();
    const { outcome, found } = aPendingPing();
    probe.finds = () => outcome;
    scheduler.onApplicationBootstrap();
    register('a');
    await registry.leaveNow('a');
    found('ping-unanswered');
    await pass(60_000);
    expect(probe.pinged).toHaveLength(1);
  });

  it('is followed by no other if the balancer has shut down', async () => {
    const { scheduler, probe, register } = aScheduler();
    const { outcome, found } = aPendingPing();
    probe.finds = () => outcome;
    scheduler.onApplicationBootstrap();
    register('a');
    scheduler.onApplicationShutdown();
    found('ping-unanswered');
    await settle();
    expect(probe.pinged).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a ping that the balancer lacks the means for says nothing, and is tried again', async () => {
  const { scheduler, probe, join, registry, stateOf } = aScheduler();
  probe.finds = () => 'not-pinged';
  const backend = join('a');
  scheduler.onApplicationBootstrap();
  registry.requestProbe(backend);
  await pass(2000);
  expect(stateOf('a')).toBe('up');
  const attempts = probe.pinged.length;
  expect(attempts).toBeGreaterThan(2);
  probe.finds = () => 'ping-ok';
  await pass(60_000);
  expect(probe.pinged).toHaveLength(attempts + 1);
});
