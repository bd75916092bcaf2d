// The two medians, which differ where the number of values is even.
import { describe, expect, it } from 'vitest';
import { lowerMedian, median } from './median.js';

describe('lowerMedian', () => {
  it.each<[values: number[], expected: number | undefined]>([
    [[], undefined],
    [[7], 7],
    [[9, 2], 2],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(lowerMedian(values)).toBe(expected);
  });
});

describe('median', () => {
  it.each<[values: number[], expected: number]>([
    [[], NaN],
    [[7], 7],
    [[9, 2], 5.5],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});
