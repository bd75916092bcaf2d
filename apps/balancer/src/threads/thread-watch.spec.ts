import { LoadTable } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { ThreadWatch, type ThreadState } from './thread-watch.js';

const { liveness } = new LoadTable({ resourceCount: 1, slotCount: 1, writerCount: 1 }).own;

/** The states after each of some ticks. */
function statesOf(watch: ThreadWatch, ticks: number): ThreadState[] {
  return Array.from({ length: ticks }, () => {
    watch.tick();
    return watch.state;
  });
}

describe('ThreadWatch', () => {
  it('shows a thread stalled after 2 s of ticks, lost after its limit, and stuck 5 s later', () => {
    const watch = new ThreadWatch(liveness, 3);
    expect(statesOf(watch, 6)).toEqual(['responsive', 'responsive', 'overdue', 'stalled', 'stalled', 'lost']);
    expect([watch.silentSeconds, watch.isStalled]).toEqual([3, true]);
    expect(new Set(statesOf(watch, 9))).toEqual(new Set(['lost']));
    expect(statesOf(watch, 1)).toEqual(['stuck']);
  });

  it('shows a thread responsive again at its next beat, unless it is lost', () => {
    const watch = new ThreadWatch(liveness, 3);
    statesOf(watch, 5);
    liveness.beat();
    expect(watch.tick()).toBe('stalled');
    expect([watch.state, watch.silentSeconds]).toEqual(['responsive', 0]);
    statesOf(watch, 6);
    liveness.beat();
    expect(watch.tick()).toBeUndefined();
    expect(watch.state).toBe('lost');
  });

  it('gives a thread time to boot', () => {
    const watch = new ThreadWatch(liveness, 3, 10);
    expect(new Set(statesOf(watch, 20))).toEqual(new Set(['responsive']));
    expect(statesOf(watch, 6).at(-1)).toBe('lost');
    const booted = new ThreadWatch(liveness, 3, 10);
    liveness.beat();
    expect(statesOf(booted, 7).at(-1)).toBe('lost');
  });

  it('never shows a thread lost without a limit', () => {
    const watch = new ThreadWatch(liveness, 0);
    expect(statesOf(watch, 10_000).at(-1)).toBe('stalled');
  });

  it('shows a thread responsive that has missed a tick, however often', () => {
    const watch = new ThreadWatch(liveness, 3);
    for (let i = 0; i < 100; i++) {
      expect(statesOf(watch, 2)).toEqual(['responsive', 'responsive']);
      liveness.beat();
    }
  });
});
