import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { LatencyBaseline } from './latency-baseline.js';

describe('the usual latency', () => {
  it('says nothing before enough answers of a class were seen', () => {
    const usual = new LatencyBaseline();
    for (let i = 0; i < 30; i++) expect(usual.recordAndCompare(1, 0.01)).toBeUndefined();
    expect(usual.recordAndCompare(1, 0.01)).toBeCloseTo(1, 1);
    expect(usual.recordAndCompare(2, 0.01)).toBeUndefined();
  });

  it('sojourns what most answers take when every third takes a hundred times as long', () => {
    const usual = new LatencyBaseline();
    const random = seededRandom(1);
    const stretches: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const seconds = i % 3 === 0 ? 1 : 0.01 * (0.8 + 0.4 * random());
      const stretch = usual.recordAndCompare(1, seconds);
      if (i > 1500 && i % 3 === 0 && stretch !== undefined) stretches.push(stretch);
    }
    expect(Math.min(...stretches)).toBeGreaterThan(60);
  });

  it('follows when everything becomes slower, and forgets on demand', () => {
    const usual = new LatencyBaseline();
    for (let i = 0; i < 100; i++) usual.recordAndCompare(1, 0.01);
    for (let i = 0; i < 200; i++) usual.recordAndCompare(1, 0.1);
    expect(usual.recordAndCompare(1, 0.1)).toBeCloseTo(1, 1);
    usual.forget(1);
    expect(usual.recordAndCompare(1, 0.1)).toBeUndefined();
  });
});
