import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { LatencyBaseline } from './latency-baseline.js';

describe('the baseline latency', () => {
  it('is unknown before enough responses of a class were seen', () => {
    const baseline = new LatencyBaseline();
    for (let i = 0; i < 30; i++) expect(baseline.recordAndCompare(1, 0.01)).toBeUndefined();
    expect(baseline.recordAndCompare(1, 0.01)).toBeCloseTo(1, 1);
    expect(baseline.recordAndCompare(2, 0.01)).toBeUndefined();
  });

  it('stays at what most responses take when every third takes a hundred times as long', () => {
    const baseline = new LatencyBaseline();
    const random = seededRandom(1);
    const stretches: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const seconds = i % 3 === 0 ? 1 : 0.01 * (0.8 + 0.4 * random());
      const stretch = baseline.recordAndCompare(1, seconds);
      if (i > 1500 && i % 3 === 0 && stretch !== undefined) stretches.push(stretch);
    }
    expect(Math.min(...stretches)).toBeGreaterThan(60);
  });

  it('follows when everything becomes slower, and is forgotten on demand', () => {
    const baseline = new LatencyBaseline();
    for (let i = 0; i < 100; i++) baseline.recordAndCompare(1, 0.01);
    for (let i = 0; i < 200; i++) baseline.recordAndCompare(1, 0.1);
    expect(baseline.recordAndCompare(1, 0.1)).toBeCloseTo(1, 1);
    baseline.forget(1);
    expect(baseline.recordAndCompare(1, 0.1)).toBeUndefined();
  });
});
