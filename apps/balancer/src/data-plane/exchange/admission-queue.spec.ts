import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdmissionQueue, type Waiter } from './admission-queue.js';

describe('the admission queue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A waiter that finds a place when `room` has one. */
  function aWaiter(name: string, log: string[], room: { places: number }, expiresAtSeconds = 10): Waiter {
    return {
      expiresAtSeconds,
      tryEnter: () => {
        if (room.places === 0) return false;
        room.places--;
        log.push(name);
        return true;
      },
      onTimeout: () => log.push(`${name} gave up`),
    };
  }

  it('lets in the first in line, one for each place', async () => {
    const counts = { queued: 0 };
    const queue = new AdmissionQueue(10, () => 0, counts);
    const log: string[] = [];
    const room = { places: 0 };
    for (const name of ['a', 'b', 'c']) expect(queue.join(aWaiter(name, log, room))).toBe(true);
    room.places = 2;
    queue.onPlaceFreed();
    await Promise.resolve();
    expect(log).toEqual(['a', 'b']);
    expect(counts.queued).toBe(1);
  });

  it('refuses when it is full, and forgets who left', () => {
    const counts = { queued: 0 };
    const queue = new AdmissionQueue(1, () => 0, counts);
    const log: string[] = [];
    const waiter = aWaiter('a', log, { places: 0 });
    queue.join(waiter);
    expect(queue.join(aWaiter('b', log, { places: 0 }))).toBe(false);
    queue.leave(waiter);
    expect(counts.queued).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up in time, and lets others by who need something else', () => {
    let now = 0;
    const queue = new AdmissionQueue(10, () => now, { queued: 0 });
    const log: string[] = [];
    queue.join(aWaiter('a', log, { places: 0 }, 1));
    queue.join(aWaiter('b', log, { places: 1 }, 5));
    vi.advanceTimersByTime(10);
    expect(log).toEqual(['b']);
    now = 1;
    vi.advanceTimersByTime(10);
    expect(log).toEqual(['b', 'a gave up']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
