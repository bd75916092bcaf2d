// How large a machine is for the requests that it serves.
import { describe, expect, it } from 'vitest';
import { factorsOf, type Truth } from './latent.fixture.js';
import { tableOf } from './latent-table.js';
import { machineSizes } from './machine-sizes.js';

/** The sizes of all machines, by what is true of them, when as many samples are known of each class. */
function sizesOf(truth: Truth, classSamples = truth.demand.map(() => 100)): number[] | undefined {
  const factors = factorsOf(truth, 3);
  factors.classSamples.set(classSamples);
  const table = tableOf(factors, { version: 1, model: 'latent', loss: NaN, formerLoss: NaN, exploration: 0.01 });
  const sizes = machineSizes(table, [...truth.slowness.keys()]);
  return sizes && [...sizes];
}

describe('the size of a machine', () => {
  it('is its speed', () => {
    expect(
      sizesOf({
        demand: [
          [1, 2],
          [2, 1],
        ],
        slowness: [
          [1, 1],
          [2, 2],
          [8, 8],
        ],
      }),
    ).toEqual([1, 0.5, 0.125]);
  });

  it('is not smaller because it lacks a resource that some requests need', () => {
    const [whole, lacking] = sizesOf({
      demand: [
        [1, 0],
        [1, 1],
      ],
      slowness: [
        [0.1, 0.1],
        [0.1, 10],
      ],
    })!;
    expect(whole).toBeCloseTo(1);
    expect(lacking).toBeCloseTo(1, 2);
  });

  it('is the same for machines that suit different requests', () => {
    const [first, second] = sizesOf({
      demand: [
        [4, 0.5],
        [0.5, 4],
      ],
      slowness: [
        [1, 6],
        [6, 1],
      ],
    })!;
    expect(first).toBeCloseTo(second);
  });

  it('goes by the requests that there are', () => {
    const truth: Truth = {
      demand: [
        [1, 0],
        [0, 1],
      ],
      slowness: [
        [1, 1],
        [2, 1],
      ],
    };
    expect(sizesOf(truth, [100, 0])).toEqual([1, 0.5]);
    expect(sizesOf(truth, [0, 100])).toEqual([1, 1]);
  });

  it('is not known before any request', () => {
    expect(sizesOf({ demand: [[1]], slowness: [[1]] }, [0])).toBeUndefined();
  });
});
