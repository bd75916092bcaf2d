import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { DemandFit } from './demand-fit.js';
import { inverseDiagonal } from './inverse-diagonal.js';

const EVEN = [1, 1];
const amounts = (size: number) =>
  fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: size, maxLength: size });

function teach(fit: DemandFit, x: number[], y: number, times: number): void {
  for (let i = 0; i < times; i++) {
    fit.add(x, y, 1);
    fit.solve(EVEN, 0.001);
  }
}

describe('a demand fit', () => {
  it.each([1, 2, 3, 8])('recovers any demand of %i resources from backends of as many shapes', (size) => {
    const prior = new Float64Array(size).fill(1);
    fc.assert(
      fc.property(amounts(size), (demand) => {
        const fit = new DemandFit(size, 1000);
        for (let i = 0; i < 40 * size; i++) {
          const x = demand.map((_, r) => (r === i % size ? 1 : 0.2));
          fit.add(
            x,
            x.reduce((sum, share, r) => sum + share * demand[r], 0),
            1,
          );
          fit.solve(prior, 0.001);
        }
        demand.forEach((amount, r) => expect(fit.solution[r] / amount).toBeCloseTo(1, 1));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps what it learned on one kind of backend while it sees only another', () => {
    const fit = new DemandFit(2, 100);
    teach(fit, [1, 0.1], 4.05, 50);
    teach(fit, [0.1, 1], 0.9, 50);
    teach(fit, [1, 0.1], 4.05, 10_000);
    expect(fit.solution[0]).toBeCloseTo(4, 1);
    expect(fit.solution[1]).toBeCloseTo(0.5, 1);
  });

  it('follows a demand that changes', () => {
    const fit = new DemandFit(2, 100);
    for (const total of [1, 3]) {
      for (let i = 0; i < 1000; i++) teach(fit, i % 2 ? [1, 0.2] : [0.2, 1], total, 1);
    }
    expect(fit.solution[0]).toBeCloseTo(2.5, 1);
  });

  it('is not biased by noise in proportion to the work', () => {
    const random = seededRandom(7);
    const fit = new DemandFit(2, 5000);
    const work = (mean: number) => -mean * Math.log(1 - random());
    for (let i = 0; i < 5000; i++) {
      const x = i % 2 ? [1, 0.2] : [0.2, 1];
      teach(fit, x, x[0] * work(4) + x[1] * work(1), 1);
    }
    expect(fit.solution[0] / 4).toBeCloseTo(1, 1);
    expect(fit.solution[1]).toBeCloseTo(1, 0.7);
  });

  it('keeps components without samples at the prior, with a large standard error', () => {
    const fit = new DemandFit(2, 100);
    for (let i = 0; i < 50; i++) {
      fit.add([1, 0], i % 2 ? 1.5 : 2.5, 1);
      fit.solve([1, 5], 0.03);
    }
    expect(fit.solution[1]).toBeCloseTo(5);
    const [known, unknown] = fit.standardErrors([1, 5], 0.03);
    expect(known).toBeLessThan(0.3);
    expect(unknown).toBeGreaterThan(5);
  });

  it('is never negative, infinite or NaN', () => {
    const samples = fc.array(
      fc.tuple(amounts(2), fc.double({ min: 0, max: 1e9 }), fc.double({ min: 1e-3, max: 1, noNaN: true })),
    );
    fc.assert(
      fc.property(samples, (sequence) => {
        const fit = new DemandFit(2, 50);
        for (const [x, y, weight] of sequence) {
          fit.add(x, y, weight);
          fit.solve(EVEN, 0.03);
          for (const amount of fit.solution) expect(amount).toSatisfy((d: number) => d >= 0 && Number.isFinite(d));
        }
      }),
    );
  });
});

describe('the diagonal of an inverse', () => {
  it('equals that of a matrix inverted by hand', () => {
    // [[4, 1], [1, 3]] has determinant 11, so its inverse is [[3, −1], [−1, 4]] / 11.
    const diagonal = inverseDiagonal([4, 1, 1, 3], 2);
    expect(diagonal[0]).toBeCloseTo(3 / 11, 12);
    expect(diagonal[1]).toBeCloseTo(4 / 11, 12);
  });

  it('is infinite where the matrix is singular', () => {
    expect(inverseDiagonal([4, 0, 0, 0], 2)[1]).toBe(Infinity);
  });
});
