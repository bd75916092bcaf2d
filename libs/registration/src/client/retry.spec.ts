import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry.js';

const failed = { kind: 'failed', reason: 'connect ECONNREFUSED' } as const;
const refused = { kind: 'refused', status: 400, message: 'no' } as const;
const almostOne = () => 1 - Number.EPSILON;

describe('retryDelayMs', () => {
  it('doubles its upper bound from 100 ms up to 5 s', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7, 2000].map((attempt) => retryDelayMs(failed, attempt, almostOne));
    expect(bounds.map(Math.round)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('is uniform between 0 and the bound', () => {
    expect(retryDelayMs(failed, 3, () => 0)).toBe(0);
    expect(retryDelayMs(failed, 3, () => 0.5)).toBe(400);
  });

  it('adds the backoff to Retry-After, which counts up to five minutes', () => {
    const busy = { ...failed, retryAfterMs: 7_000 };
    expect(retryDelayMs(busy, 0, () => 0)).toBe(7_000);
    expect(Math.round(retryDelayMs(busy, 1, almostOne))).toBe(7_200);
    expect(retryDelayMs({ ...failed, retryAfterMs: 1e9 }, 0, () => 0)).toBe(300_000);
  });

  it('retries a refusal every 30 s, after any number of attempts', () => {
    expect([0, 1, 9].map((attempt) => retryDelayMs(refused, attempt, almostOne))).toEqual([30_000, 30_000, 30_000]);
  });
});
