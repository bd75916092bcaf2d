import { expect, it } from 'vitest';
import { inFlightLimits } from './in-flight-limits.js';

it('allows a larger backend more exchanges, by its relatively largest resource', () => {
  expect(
    inFlightLimits(
      [
        [10, 10],
        [10, 10],
      ],
      100,
    ),
  ).toEqual([100, 100]);
  expect(
    inFlightLimits(
      [
        [5, 10],
        [15, 10],
      ],
      100,
    ),
  ).toEqual([100, 150]);
  expect(
    inFlightLimits(
      [
        [1, 0],
        [3, 0],
      ],
      100,
    ),
  ).toEqual([50, 150]);
});

it('allows at least one exchange', () => {
  expect(
    inFlightLimits(
      [
        [1, 1],
        [1e9, 1e9],
      ],
      4,
    ),
  ).toEqual([1, 8]);
  expect(inFlightLimits([], 4)).toEqual([]);
});
