import { expect, it } from 'vitest';
import { arrivals } from './arrivals.js';

it('arrivals grow, and come at the rate', () => {
  const state = { seed: 1 };
  const random = () => (state.seed = (state.seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const arriving = arrivals(100, random);
  const times = Array.from({ length: 10_000 }, () => arriving.next().value);
  expect(times.every((time, i) => i === 0 || time > times[i - 1])).toBe(true);
  expect(times[9999]).toBeGreaterThan(95);
  expect(times[9999]).toBeLessThan(105);
});

it('an arrival is finite for each random number', () => {
  expect(arrivals(1, () => 0).next().value).toBe(0);
  expect(arrivals(1, () => 1 - Number.EPSILON).next().value).toBeLessThan(40);
});
