import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inFlightLimits } from './in-flight-limits.js';
import { standInCapacity } from './stand-in-capacity.js';

const capacities = array(tuple(nat(1000), nat(1000)), { maxLength: 12 });

describe('standInCapacity', () => {
  it.each([
    ['nobody declared anything', [], [1, 1]],
    ['one backend did', [[20, 36]], [20, 36]],
    [
      'two did: the smaller one',
      [
        [20, 36],
        [40, 8],
      ],
      [20, 8],
    ],
    [
      'three did: the one in the middle, of each resource',
      [
        [20, 36],
        [40, 8],
        [30, 9],
      ],
      [30, 9],
    ],
    [
      'some have none of a resource: they do not count there',
      [
        [20, 0],
        [40, 0],
        [30, 9],
      ],
      [30, 9],
    ],
    [
      'no other backend has a resource',
      [
        [20, 0],
        [40, 0],
      ],
      [20, 1],
    ],
  ])('when %s', (_, declared, expected) => {
    expect([...standInCapacity(declared, 2)]).toEqual(expected);
  });

  it('is finite and above 0, whatever others declared', () => {
    assert(
      property(capacities, (declared) => {
        expect([...standInCapacity(declared, 2)].every((units) => units > 0 && Number.isFinite(units))).toBe(true);
      }),
    );
  });

  it('does not change the in-flight limits of backends that have what others have', () => {
    const known = array(tuple(integer({ min: 1, max: 1000 }), integer({ min: 1, max: 1000 })), { minLength: 1 });
    assert(
      property(known, nat(20), (declared, undeclared) => {
        const standIns = Array.from({ length: undeclared }, () => standInCapacity(declared, 2));
        const limits = inFlightLimits([...declared, ...standIns], 256);
        expect(limits.slice(0, declared.length)).toEqual(inFlightLimits(declared, 256));
        expect(limits.slice(declared.length).every((limit) => limit === 256)).toBe(true);
      }),
    );
  });
});
