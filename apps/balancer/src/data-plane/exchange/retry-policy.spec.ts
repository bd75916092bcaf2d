import { describe, expect, it } from 'vitest';
import { RetryBudget, mayRetry } from './retry-policy.js';

describe('mayRetry', () => {
  const situation = {
    method: 'GET',
    failure: 'connection-lost',
    attempts: 1,
    maxAttempts: 3,
    isBodyReplayable: true,
  } as const;

  it('repeats what is idempotent, and anything that was never sent', () => {
    expect(mayRetry(situation)).toBe(true);
    expect(mayRetry({ ...situation, failure: 'timeout', method: 'PUT' })).toBe(true);
    expect(mayRetry({ ...situation, method: 'POST' })).toBe(false);
    expect(mayRetry({ ...situation, method: 'PATCH', failure: 'timeout' })).toBe(false);
    expect(mayRetry({ ...situation, method: 'POST', failure: 'connect-failed' })).toBe(true);
  });

  it('stops at the limit, and without the body', () => {
    expect(mayRetry({ ...situation, attempts: 3 })).toBe(false);
    expect(mayRetry({ ...situation, isBodyReplayable: false, failure: 'connect-failed' })).toBe(false);
  });
});

describe('RetryBudget', () => {
  const withdrawAll = (budget: RetryBudget) => {
    let retries = 0;
    while (budget.tryWithdraw()) retries++;
    return retries;
  };

  it('allows a part of the requests that came in, and a few without any', () => {
    const budget = new RetryBudget(0.25, 3, () => 0);
    for (let i = 0; i < 1000; i++) budget.deposit(0);
    expect(withdrawAll(budget)).toBe(0.25 * 1000 + 3 * 10);
  });

  it('forgets what was saved long ago, and what was spent', () => {
    let now = 0;
    const budget = new RetryBudget(0.2, 3, () => now);
    for (let i = 0; i < 1000; i++) budget.deposit(now);
    now = 1000;
    expect(withdrawAll(budget)).toBe(30);
    now = 2000;
    expect(withdrawAll(budget)).toBe(30);
  });

  it('keeps attempts to 1.2 times the requests when everything fails', () => {
    let now = 0;
    const budget = new RetryBudget(0.2, 0, () => now);
    let retries = 0;
    for (let i = 0; i < 10_000; i++) {
      now += 0.001;
      budget.deposit(now);
      if (budget.tryWithdraw()) retries++;
    }
    expect(retries).toBeLessThanOrEqual(2000);
    expect(retries).toBeGreaterThan(1900);
  });
});
