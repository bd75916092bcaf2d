import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.js';

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

  it('says whether it allows one, which spends nothing', () => {
    const budget = new RetryBudget(0, 0.2, () => 0);
    for (let i = 0; i < 10; i++) expect(budget.canWithdraw).toBe(true);
    expect(withdrawAll(budget)).toBe(2);
    expect(budget.canWithdraw).toBe(false);
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
