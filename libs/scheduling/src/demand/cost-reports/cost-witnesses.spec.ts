// One machine that lies moves the cost of a class little.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../clock-and-random.js';
import { CostWitnesses } from './cost-witnesses.js';

/** The cost of a class after each of some machines has reported its own cost, by slot, some times. */
function reported(costs: readonly (readonly number[])[], times = 20): CostWitnesses {
  const witnesses = new CostWitnesses(2);
  for (let i = 0; i < times; i++) costs.forEach((cost, slot) => witnesses.add(slot, cost, i));
  return witnesses;
}

describe('the cost of a class', () => {
  it('is that which machines agree on', () => {
    const witnesses = reported([
      [3, 1],
      [3, 1],
    ]);
    expect(witnesses.median()).toEqual(Float64Array.of(3, 1));
    expect(witnesses.reports).toBe(40);
  });

  it('is nothing without reports', () => {
    expect(new CostWitnesses(2).median()).toEqual(Float64Array.of(0, 0));
  });

  it('is the mean of what one machine reports', () => {
    const witnesses = new CostWitnesses(2);
    for (const compute of [1, 2, 3, 6]) witnesses.add(0, [compute, 0], 0);
    expect(witnesses.median()[0]).toBeCloseTo(3);
  });

  it.each([0, 1e-3, 10, 1e3, 1e6])('is what four machines say when a fifth says %d times as much', (factor) => {
    const honest = [3, 1];
    for (const liar of [0, 2, 4]) {
      const costs = [0, 1, 2, 3, 4].map((slot) => (slot === liar ? honest.map((units) => factor * units) : honest));
      expect(reported(costs).median()).toEqual(Float64Array.from(honest));
    }
  });

  it('is the lower one when two machines disagree', () => {
    expect(
      reported([
        [3, 1],
        [3000, 0.5],
      ]).median(),
    ).toEqual(Float64Array.of(3, 0.5));
  });

  it('is within a tenth of the truth when requests of the class differ', () => {
    const random = seededRandom(2);
    const witnesses = new CostWitnesses(2);
    for (let i = 0; i < 3000; i++) witnesses.add(i % 5, [random() < 0.3 ? 2 : 0.1, 1], i / 100);
    expect(witnesses.median()[0] / 0.67).toBeCloseTo(1, 1);
  });

  it('is not that of a machine with one report', () => {
    const witnesses = reported([[3, 1]]);
    witnesses.add(1, [0.1, 0.1], 21);
    expect(witnesses.median()).toEqual(Float64Array.of(3, 1));
  });
});

describe('machines', () => {
  it('are forgotten when their slot is reused', () => {
    const witnesses = reported([
      [3, 1],
      [1, 1],
    ]);
    witnesses.forgetSlot(1);
    expect(witnesses.median()).toEqual(Float64Array.of(3, 1));
    expect(witnesses.reports).toBe(20);
  });

  it('are nine at most, of which a silent one gives its place to another', () => {
    const witnesses = reported(Array.from({ length: 9 }, () => [3, 1]));
    witnesses.add(9, [1, 1], 30);
    expect(witnesses.reports).toBe(180);
    for (let slot = 9; slot < 18; slot++) for (let i = 0; i < 20; i++) witnesses.add(slot, [1, 1], 100);
    expect(witnesses.reports).toBe(180);
    expect(witnesses.median()).toEqual(Float64Array.of(1, 1));
  });
});
