import { describe, expect, it } from 'vitest';
import { ReadingWindows } from './reading-windows.js';

/** The part of the time in which windows are open at a rate of records, looked at 20 times a second, and the pauses. */
function partRead(recordsPerSecond: number, seconds: number) {
  const pauses: { isPaused: boolean; at: number }[] = [];
  let now = 100;
  const windows = new ReadingWindows((isPaused) => pauses.push({ isPaused, at: now }));
  let open = 0;
  for (let tick = 0; tick < seconds * 20; tick++) {
    now = 100 + tick / 20;
    if (!windows.isOpen(now)) continue;
    open++;
    windows.count(recordsPerSecond / 20, now);
  }
  return { part: open / (seconds * 20), pauses };
}

describe('ReadingWindows', () => {
  it('reads everything where there are few records', () => {
    expect(partRead(11_000, 60)).toEqual({ part: 1, pauses: [] });
  });

  it('reads about so many records per second where there are more', () => {
    const { part, pauses } = partRead(48_000, 600);
    expect(part).toBeGreaterThan(0.2);
    expect(part).toBeLessThan(0.3);
    // Each pause begins and ends, in turn.
    expect(pauses.map(({ isPaused }) => isPaused)).toEqual(pauses.map((_, i) => i % 2 === 0));
  });

  it('never pauses for more than twenty seconds, and reads two before the next pause', () => {
    const { pauses } = partRead(10_000_000, 200);
    const spans = pauses.slice(1).map(({ at }, i) => at - pauses[i].at);
    const [paused, read] = [spans.filter((_, i) => i % 2 === 0), spans.filter((_, i) => i % 2 === 1)];
    expect(Math.max(...paused)).toBeCloseTo(20, 1);
    expect(Math.min(...read)).toBeGreaterThanOrEqual(2 - 1e-9);
  });
});
