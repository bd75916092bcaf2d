import { beforeEach, describe, expect, it } from 'vitest';
import { IDLE_MS, IdleHabits } from './idle-timeout-estimator.js';

describe('the idle habit of a backend', () => {
  let nowMs = 0;
  let habits = new IdleHabits(() => nowMs);
  beforeEach(() => {
    nowMs = 0;
    habits = new IdleHabits(() => nowMs);
  });

  it('is unknown at first: connections are kept for long, and trusted while young', () => {
    expect(habits.keptForMs('a')).toBe(IDLE_MS);
    expect(habits.trustedForMs('a')).toBe(500);
  });

  it('keeps connections well short of when it was seen to close them', () => {
    habits.closed('a', 1000);
    expect(habits.keptForMs('a')).toBe(750);
    expect(habits.keptForMs('b')).toBe(IDLE_MS);
    habits.closed('a', 5000);
    expect(habits.keptForMs('a')).toBe(750);
  });

  it('trusts what was seen to work, less a margin', () => {
    habits.served('a', 10_000);
    expect(habits.trustedForMs('a')).toBe(9000);
    habits.closed('a', 4000);
    expect(habits.trustedForMs('a')).toBe(3000);
  });

  it('does not take a shutdown for a habit', () => {
    habits.closed('a', 100);
    expect(habits.keptForMs('a')).toBe(IDLE_MS);
  });

  it('is forgotten in time', () => {
    habits.closed('a', 1000);
    nowMs = 11 * 60_000;
    habits.served('a', 700);
    expect(habits.keptForMs('a')).toBe(IDLE_MS);
  });
});
