import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_ESTIMATES, MAX_IDLE_MS, IdleTimeoutEstimator } from './idle-timeout-estimator.js';

describe('the idle habit of a backend', () => {
  let nowMs = 0;
  let habits = new IdleTimeoutEstimator(() => nowMs);
  beforeEach(() => {
    nowMs = 0;
    habits = new IdleTimeoutEstimator(() => nowMs);
  });

  it('is unknown at first: connections are kept for long, and trusted while young', () => {
    expect(habits.maxIdleMs('a')).toBe(MAX_IDLE_MS);
    expect(habits.maxIdleForUnsafeMs('a')).toBe(500);
  });

  it('keeps connections well short of when it was seen to close them', () => {
    habits.recordClose('a', 1000);
    expect(habits.maxIdleMs('a')).toBe(750);
    expect(habits.maxIdleMs('b')).toBe(MAX_IDLE_MS);
    habits.recordClose('a', 5000);
    expect(habits.maxIdleMs('a')).toBe(750);
  });

  it('trusts what was seen to work, less a margin', () => {
    habits.recordReuse('a', 10_000);
    expect(habits.maxIdleForUnsafeMs('a')).toBe(9000);
    habits.recordClose('a', 4000);
    expect(habits.maxIdleForUnsafeMs('a')).toBe(3000);
  });

  it('does not take a shutdown for a habit', () => {
    habits.recordClose('a', 100);
    expect(habits.maxIdleMs('a')).toBe(MAX_IDLE_MS);
  });

  it('is forgotten in time', () => {
    habits.recordClose('a', 1000);
    nowMs = 11 * 60_000;
    habits.recordReuse('a', 700);
    expect(habits.maxIdleMs('a')).toBe(MAX_IDLE_MS);
  });

  it('of backends that are gone is dropped in time, and that of the others kept', () => {
    for (let n = 0; n < 1000; n++) habits.recordClose(`gone-${n}`, 1000);
    nowMs = 9 * 60_000;
    habits.recordClose('stays', 1000);
    habits.prune();
    expect(habits.size).toBe(1001);
    nowMs = 11 * 60_000;
    habits.prune();
    expect(habits.size).toBe(1);
    expect(habits.maxIdleMs('stays')).toBe(750);
  });

  it('keeps the newest MAX_ESTIMATES backends', () => {
    for (let n = 0; n <= MAX_ESTIMATES; n++) habits.recordReuse(`a${n}`, 1000);
    habits.prune();
    expect(habits.size).toBe(MAX_ESTIMATES);
    expect([habits.maxIdleForUnsafeMs('a0'), habits.maxIdleForUnsafeMs('a1')]).toEqual([500, 900]);
  });

  it('is forgotten in time although no connection is kept for long enough to show anything else', () => {
    habits.recordClose('a', 300);
    nowMs = 9 * 60_000;
    expect(habits.maxIdleMs('a')).toBe(225);
    nowMs = 11 * 60_000;
    habits.recordReuse('a', 200);
    expect(habits.maxIdleMs('a')).toBe(MAX_IDLE_MS);
  });
});
