import { describe, expect, it } from 'vitest';
import { inFlightLimits } from './in-flight-limits.js';

describe('inFlightLimits', () => {
  it.each<[capacities: number[][], limits: number[]]>([
    [
      [
        [10, 10],
        [10, 10],
      ],
      [100, 100],
    ],
    [
      [
        [5, 10],
        [15, 10],
      ],
      [100, 300],
    ],
    [
      [
        [5, 10],
        [10, 10],
        [15, 10],
      ],
      [100, 100, 150],
    ],
    [
      [
        [1, 0],
        [3, 0],
      ],
      [100, 300],
    ],
    [
      [
        [20, 5],
        [20, 40],
        [80, 40],
      ],
      [100, 100, 400],
    ],
  ])('allows a larger backend more exchanges, by its relatively largest resource: %j', (capacities, limits) => {
    expect(inFlightLimits(capacities, 100)).toEqual(limits);
  });

  it('is not moved by one backend that declares far too much', () => {
    const honest = [
      [20, 36],
      [20, 36],
      [40, 36],
    ];
    expect(inFlightLimits([...honest, [1e9, 1e9]], 100).slice(0, 3)).toEqual(inFlightLimits(honest, 100));
    expect(
      inFlightLimits(
        [
          [20, 36],
          [1e9, 1e9],
        ],
        100,
      )[0],
    ).toBe(100);
  });

  it('leaves backends without a resource out of its median', () => {
    expect(
      inFlightLimits(
        [
          [0, 8],
          [0, 8],
          [0, 8],
          [6, 0],
          [12, 0],
        ],
        100,
      ),
    ).toEqual([100, 100, 100, 100, 200]);
  });

  it('allows at least one exchange', () => {
    expect(
      inFlightLimits(
        [
          [1, 1],
          [1e9, 1e9],
          [1e9, 1e9],
        ],
        4,
      ),
    ).toEqual([1, 4, 4]);
    expect(inFlightLimits([[0, 0]], 4)).toEqual([1]);
    expect(inFlightLimits([], 4)).toEqual([]);
  });
});
