// How fast backends are with what requests need.
import { describe, expect, it } from 'vitest';
import { usualCapacity } from './beliefs.js';
import { aTable } from './latent-table.fixture.js';
import { Speeds } from './speeds.js';

describe('the speed of a machine', () => {
  it.each([
    ['of one that declares half of what it does', 0, [1, 2], 2],
    ['of one that does what it declares', 1, [1, 0.25], 1],
    ['of one without the second resource', 0, [1, 0], 2],
    ['is bounded', 0, [1e-6, 1e-6], 16],
    ['is bounded below', 0, [1e6, 1e6], 1 / 16],
    ['is 1 where nothing can be compared', 0, [0, 0], 1],
  ])('%s', (_, slot, capacity, speed) => {
    expect(new Speeds(aTable(), [1, 1]).of(slot, capacity)).toBeCloseTo(speed);
  });

  it('counts all resources where the model has fewer than are declared', () => {
    const declared = [
      [10, 40],
      [40, 10],
      [20, 80],
    ];
    const usual = usualCapacity([...declared, [0, 0]], 2);
    expect([...usual]).toEqual([expect.closeTo(20), expect.closeTo(31.7, 1)]);
    // The first two are as fast as the usual one, and the third is half as fast.
    const table = aTable({ rank: 1, slowness: Float64Array.of(1 / 20, 1, 1, 1 / 20, 1, 1, 1 / 10, 1, 1) });
    const speeds = new Speeds(table, usual);
    const [first, second, third] = declared.map((capacity, slot) => speeds.of(slot, capacity));
    expect(first).toBeCloseTo(second);
    expect(third / first).toBeCloseTo(1 / 4);
  });

  it('is relative to the usual backend where nothing is declared', () => {
    const usual = usualCapacity([], 2);
    expect([...usual]).toEqual([1, 1]);
    expect(new Speeds(aTable({ rank: 1 }), usual).of(0, [1, 1])).toBeCloseTo(2);
  });

  it('counts a resource by how much of it requests need', () => {
    const samples = (a: number, b: number) =>
      new Speeds(aTable({ demand: Float64Array.of(9, 1, 1, 1, 9, 1), classSamples: Float64Array.of(a, b) }), [1, 1]);
    // Half as fast as usual at the first resource, and twice as fast at the second.
    const capacity = [2, 1 / 8];
    expect(samples(50, 0).of(1, capacity)).toBeCloseTo((9 / 2 + 8) / (9 + 4));
    expect(samples(0, 50).of(1, capacity)).toBeCloseTo((1 / 2 + 9 * 8) / (1 + 9 * 4));
    expect(samples(20, 20).of(1, capacity)).toBeCloseTo((10 / 2 + 10 * 8) / (10 + 10 * 4));
  });

  it('is that of the usual class without samples', () => {
    const table = aTable({ classSamples: new Float64Array(2) });
    expect(new Speeds(table, [1, 1]).of(0, [1, 1])).toBeCloseTo(10 / (2 * 0.5 + 8 * 0.25));
  });

  it('is 1 with a model that knows no machines', () => {
    expect(new Speeds(aTable({ rank: 0 }), [1, 1]).of(0, [3, 5])).toBe(1);
  });
});
