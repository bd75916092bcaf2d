// Which requests become samples, where classes come and go, and where requests never end.
import { describe, expect, it } from 'vitest';
import { NeighbourMeter, type Stay } from './neighbour-meter.js';
import { Sampling } from './sampling.js';

const CLASSES = 1_000;

/** Sends a thousand requests of each class per second, from `from` on, which end at once. Returns how many of each were taken. */
function taken(sampling: Sampling, classes: readonly number[], from: number, seconds: number) {
  const counts = classes.map(() => 0);
  for (let ms = 0; ms < 1_000 * seconds; ms++) {
    classes.forEach((classId, i) => (counts[i] += sampling.take(classId, from + ms / 1_000) ? 1 : 0));
  }
  return counts;
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe('Sampling', () => {
  it('takes as many samples of few classes after many others were requested', () => {
    const sampling = new Sampling(CLASSES);
    const before = sum(taken(sampling, [0, 1, 2, 3], 0, 2));
    for (let classId = 0; classId < CLASSES; classId++) sampling.take(classId, 10);
    const after = sum(taken(sampling, [0, 1, 2, 3], 40, 2));
    expect(after).toBeGreaterThan(0.9 * before);
    expect(after).toBeLessThan(1.1 * before);
  });

  it('takes as many of each class', () => {
    const sampling = new Sampling(CLASSES);
    const classes = Array.from({ length: 100 }, (_, i) => i);
    for (const classId of classes) sampling.take(classId, 0);
    expect(taken(sampling, classes, 10, 0.9)).toEqual(classes.map(() => 4));
  });

  it('goes on when there are as many requests in flight as may be, once they have taken too long', () => {
    const sampling = new Sampling(CLASSES);
    const meter = new NeighbourMeter(CLASSES);
    const tunnels: Stay[] = [];
    for (let at = 0; tunnels.length < 512; at += 0.1) {
      if (!sampling.take(0, at)) continue;
      tunnels.push(meter.startSample(0, 0, at));
      sampling.add(tunnels.at(-1)!);
    }
    expect(sampling.take(0, 60)).toBe(false);
    expect(sampling.take(0, 61)).toBe(true);
    const next = meter.startSample(0, 0, 61);
    expect(sampling.add(next)).toBe(tunnels[0]);
    expect(sampling.end(tunnels[0])).toBe(false);
    expect(sampling.end(tunnels[1])).toBe(true);
    expect(sampling.end(next)).toBe(true);
  });
});
