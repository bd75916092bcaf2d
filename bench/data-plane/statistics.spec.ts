import { seededRandom } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { median, medianInterval, ratiosByRound, spreadOf } from './statistics.js';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('median and spread', () => {
  it('is the middle value, in any order', () => {
    expect([[3, 1, 2], [4, 1, 2, 3], [7]].map(median)).toEqual([2, 2.5, 7]);
    expect(spreadOf([3, 10, 1])).toEqual({ median: 3, min: 1, max: 10 });
  });
});

describe('ratiosByRound', () => {
  it('compares samples of the same round, and leaves out rounds that only one side has', () => {
    const of = (round: number, value: number) => ({ round, value });
    const samples = [of(1, 10), of(2, 30), of(3, 7)];
    expect(ratiosByRound(samples, [of(2, 15), of(1, 20), of(4, 1)], ({ value }) => value)).toEqual([0.5, 2]);
  });
});

describe('medianInterval', () => {
  // Ranks and confidences of published tables, e.g. W. J. Conover, Practical Nonparametric Statistics, table A3.
  it.each([
    [6, 1, 6, 0.969],
    [10, 2, 9, 0.979],
    [15, 4, 12, 0.965],
    [20, 6, 15, 0.959],
  ])('of %d values lies from the %dth to the %dth', (count, low, high, confidence) => {
    const interval = medianInterval(upTo(count).toReversed());
    expect(interval).toMatchObject({ median: (count + 1) / 2, low, high });
    expect(interval.confidence).toBeCloseTo(confidence, 3);
  });

  it.each([
    [1, 0],
    [2, 0.5],
    [3, 0.75],
    [5, 0.9375],
  ])('of %d values is their range, with a confidence of only %d', (count, confidence) => {
    expect(medianInterval(upTo(count))).toEqual({ median: (count + 1) / 2, low: 1, high: count, confidence });
  });

  it('contains the true median as often as its confidence says, even for skewed values', () => {
    const random = seededRandom(1);
    const trueMedian = Math.LN2;
    const intervals = upTo(4000).map(() => medianInterval(upTo(15).map(() => -Math.log(1 - random()))));
    const hits = intervals.filter(({ low, high }) => low <= trueMedian && trueMedian <= high).length;
    expect(hits / intervals.length).toBeCloseTo(intervals[0].confidence, 2);
  });
});
