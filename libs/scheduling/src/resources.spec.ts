import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEMAND_QUANTUM, ResourceSpace, quantise } from './resources.js';

describe('a resource space', () => {
  const space = new ResourceSpace(['compute', 'storage']);

  it('orders amounts like its names and fills in zero for missing ones', () => {
    expect(Array.from(space.vectorOf({ storage: 2, compute: 1 }))).toEqual([1, 2]);
    expect(Array.from(space.vectorOf({ storage: 2 }))).toEqual([0, 2]);
    expect(space.amountsOf(Float64Array.of(1, 2))).toEqual({ compute: 1, storage: 2 });
    expect(space.size).toBe(2);
  });

  it('treats a resource named like an Object property as a plain name', () => {
    expect(Array.from(new ResourceSpace(['constructor', 'toString']).vectorOf({}))).toEqual([0, 0]);
  });

  it('returns unknown names', () => {
    expect(space.unknownNames({ compute: 1, bandwidth: 2, storage: 3, gpu: 0 })).toEqual(['bandwidth', 'gpu']);
  });

  it('rejects an empty list and a duplicate name', () => {
    expect(() => new ResourceSpace([])).toThrow('a fleet needs at least one resource name, got none');
    expect(() => new ResourceSpace(['a', 'b', 'a'])).toThrow('resource names must be unique, got a, b, a');
  });
});

describe('a quantised demand', () => {
  const amount = double({ min: 0, max: 1e9, noNaN: true });

  it('is the nearest multiple of the quantum, and zero only for zero', () => {
    assert(
      property(amount, (units) => {
        const [rounded] = quantise(Float64Array.of(units));
        expect(Number.isInteger(rounded / DEMAND_QUANTUM)).toBe(true);
        expect(rounded > 0).toBe(units > 0);
        expect(Math.abs(rounded - units)).toBeLessThanOrEqual(
          units < DEMAND_QUANTUM ? DEMAND_QUANTUM : DEMAND_QUANTUM / 2,
        );
      }),
    );
  });

  it('leaves no rounding error when added and subtracted in another order', () => {
    assert(
      property(array(amount, { minLength: 1 }), integer(), (amounts, seed) => {
        const demand = quantise(Float64Array.from(amounts));
        let sum = demand.reduce((total, units) => total + units, 0);
        for (let i = 0; i < demand.length; i++) sum -= demand[(i + (seed >>> 0)) % demand.length];
        expect(sum).toBe(0);
      }),
    );
  });
});
