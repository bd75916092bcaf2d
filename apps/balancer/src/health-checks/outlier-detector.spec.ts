import { Reservation } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../registry/backend.js';
import { aRegistry } from '../registry/registry.fixture.js';
import { OutlierDetector } from './outlier-detector.js';

beforeEach(() => {
  vi.useFakeTimers();
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Two backends, `a` and `b`. A window needs 20 exchanges, of which half must fail, or take ten times as long as usual. */
function aDetector(environment: Record<string, string> = {}) {
  const fleet = aRegistry(environment);
  const { table, registry, traffic } = fleet;
  const a = fleet.join('a');
  fleet.join('b');
  const timers = new SchedulerRegistry();
  return {
    ...fleet,
    a,
    timers,
    detector: new OutlierDetector(registry, table, traffic, timers),
    /** Ends exchanges, some of them with a failure. `stretch`: how many times as long as usual the others took. */
    serve: ({ slot }: Backend, count: number, failures: number, stretch = 1) => {
      for (let i = 0; i < count; i++) {
        new Reservation(table.own, slot, Float64Array.of(1, 1)).release();
        if (i < failures) table.own.countFailure(slot);
        else table.own.countStretch(slot, stretch);
      }
    },
    stateOf: (id: string) => registry.get(id).health.state,
    eventOf: (id: string) => fleet.events.newest().findLast(({ backend }) => backend === id),
  };
}

describe('a backend', () => {
  it('is ejected when half of the exchanges of a window have failed', () => {
    const { detector, serve, a, stateOf, eventOf } = aDetector();
    detector.sweep();
    serve(a, 20, 10);
    detector.sweep();
    expect([stateOf('a'), stateOf('b')]).toEqual(['ejected', 'up']);
    expect(eventOf('a')).toMatchObject({ to: 'ejected', evidence: { exchanges: 20, failures: 10 } });
  });

  it('is ejected when the responses of a window took ten times as long as usual', () => {
    const { detector, serve, a, stateOf, eventOf } = aDetector();
    detector.sweep();
    serve(a, 20, 0, 10);
    detector.sweep();
    expect(stateOf('a')).toBe('ejected');
    expect(eventOf('a')).toMatchObject({ to: 'ejected', evidence: { measured: 20, times: 10 } });
  });

  it.each([
    ['fewer have failed', 20, 9, 1],
    ['they took less than that', 20, 0, 9.9],
    ['there were fewer exchanges', 19, 19, 1],
    ['few of them are measured', 19, 0, 100],
  ])('is left alone when %s', (_what, count, failures, stretch) => {
    const { detector, serve, a, stateOf } = aDetector();
    detector.sweep();
    serve(a, count, failures, stretch);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
  });

  it('is left alone for what others did', () => {
    const { detector, serve, a, registry, stateOf } = aDetector();
    detector.sweep();
    serve(a, 100, 0);
    serve(registry.get('b'), 100, 100);
    detector.sweep();
    expect([stateOf('a'), stateOf('b')]).toEqual(['up', 'ejected']);
  });

  it('is left alone for exchanges that have not ended', () => {
    const { detector, table, a, stateOf } = aDetector();
    detector.sweep();
    const open = Array.from({ length: 20 }, () => new Reservation(table.own, a.slot, Float64Array.of(1, 1)));
    open.forEach(() => table.own.countFailure(a.slot));
    detector.sweep();
    expect(stateOf('a')).toBe('up');
    open.forEach((reservation) => reservation.release());
    detector.sweep();
    expect(stateOf('a')).toBe('up');
  });

  it('is left alone when both rules are turned off', () => {
    const { detector, serve, a, stateOf } = aDetector({ OUTLIER_FAILURE_RATIO: '0', OUTLIER_LATENCY_FACTOR: '0' });
    detector.sweep();
    serve(a, 100, 50, 1000);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
  });

  it('is left alone when no other is up', () => {
    const { detector, serve, a, registry, stateOf, eventOf } = aDetector();
    registry.observe(registry.get('b'), { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    detector.sweep();
    serve(a, 20, 20);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
    expect(eventOf('a')).toMatchObject({ kind: 'ejection-skipped' });
  });
});

describe('a window', () => {
  it('begins with the first sweep', () => {
    const { detector, serve, a, stateOf } = aDetector();
    serve(a, 20, 20);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
    detector.sweep();
    expect(stateOf('a')).toBe('up');
  });

  it('does not count what was in the one before', () => {
    const { detector, serve, a, stateOf } = aDetector();
    detector.sweep();
    serve(a, 19, 19);
    detector.sweep();
    serve(a, 19, 19);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
    serve(a, 20, 20);
    detector.sweep();
    expect(stateOf('a')).toBe('ejected');
  });

  it('compares the latencies of its own exchanges only', () => {
    const { detector, serve, a, stateOf } = aDetector();
    detector.sweep();
    serve(a, 19, 0, 1000);
    detector.sweep();
    serve(a, 20, 0);
    detector.sweep();
    serve(a, 1, 0, 1000);
    detector.sweep();
    expect(stateOf('a')).toBe('up');
  });

  it('in which the backend restarted says nothing: what it did before is of another incarnation', () => {
    const { detector, serve, a, registry, stateOf } = aDetector();
    detector.sweep();
    serve(a, 20, 20);
    for (const what of ['ping-failed', 'ping-failed', 'ping-failed', 'ping-ok', 'ping-ok'] as const) {
      registry.observe(a, { what, reason: 'ping' });
    }
    expect(stateOf('a')).toBe('up');
    detector.sweep();
    expect(stateOf('a')).toBe('up');
    serve(a, 20, 20);
    detector.sweep();
    expect(stateOf('a')).toBe('ejected');
  });

  it('lasts OUTLIER_INTERVAL_SECONDS', async () => {
    const { detector, timers, serve, a, stateOf } = aDetector({ OUTLIER_INTERVAL_SECONDS: '10' });
    detector.onApplicationBootstrap();
    // Nest clears it at shutdown.
    expect(timers.getTimeouts()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_000);
    serve(a, 20, 20);
    await vi.advanceTimersByTimeAsync(9999);
    expect(stateOf('a')).toBe('up');
    await vi.advanceTimersByTimeAsync(1);
    expect(stateOf('a')).toBe('ejected');
  });
});
