import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasTable } from './alias-table.js';

/** How often each entry is drawn when the random number takes `count` values, evenly spread. */
function drawsOf(weights: readonly number[], count: number): number[] {
  const table = new AliasTable(Float64Array.from(weights));
  const draws = weights.map(() => 0);
  for (let i = 0; i < count; i++) draws[table.draw(() => (i + 0.5) / count)]++;
  return draws;
}

describe('AliasTable', () => {
  it('draws each entry in proportion to its weight', () => {
    expect(drawsOf([1, 2, 5], 8_000).map((draws) => draws / 1000)).toEqual([1, 2, 5]);
    expect(drawsOf([4, 0, 4, 0], 4_000)).toEqual([2000, 0, 2000, 0]);
    expect(drawsOf([0.25], 10)).toEqual([10]);
  });

  it('draws each entry alike if all weights are zero', () => {
    expect(drawsOf([0, 0], 100)).toEqual([50, 50]);
  });

  it('does so for any weights', () => {
    const weight = double({ min: 0.001, max: 1000, noNaN: true });
    assert(
      property(array(weight, { minLength: 1, maxLength: 40 }), (weights) => {
        const sum = weights.reduce((total, each) => total + each, 0);
        const count = 20_000;
        drawsOf(weights, count).forEach((draws, entry) => {
          // Each of the n columns has two parts, and a part may gain or lose one draw at its edge.
          expect(Math.abs(draws - (count * weights[entry]) / sum)).toBeLessThanOrEqual(2 * weights.length);
        });
      }),
      { numRuns: 50 },
    );
  });
});
