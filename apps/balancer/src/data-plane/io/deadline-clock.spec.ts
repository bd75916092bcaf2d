import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline, DeadlineClock } from './deadline-clock.js';

describe('a deadline', () => {
  let clock: DeadlineClock;
  let expired: string[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    clock = new DeadlineClock(() => Date.now());
    expired = [];
  });

  afterEach(() => {
    clock.stop();
    vi.useRealTimers();
  });

  function aDeadline(name = 'a'): Deadline {
    return new Deadline(clock, () => expired.push(name));
  }

  it('expires once, within a tick of its time', () => {
    aDeadline().set(100);
    vi.advanceTimersByTime(80);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(40);
    expect(expired).toEqual(['a']);
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual(['a']);
  });

  it('runs from the beginning when it is touched', () => {
    const deadline = aDeadline();
    deadline.set(100);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(60);
      deadline.touch();
    }
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(120);
    expect(expired).toEqual(['a']);
  });

  it('does not expire once it is cleared, and can be set again', () => {
    const deadline = aDeadline();
    deadline.set(100);
    deadline.clear();
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
    deadline.set(50);
    vi.advanceTimersByTime(80);
    expect(expired).toEqual(['a']);
  });

  it('may clear or set others while it expires', () => {
    const other = aDeadline('other');
    const first = new Deadline(clock, () => {
      expired.push('first');
      other.clear();
      first.set(40);
    });
    other.set(100);
    first.set(80);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['first']);
    vi.advanceTimersByTime(40);
    expect(expired).toEqual(['first', 'first']);
  });

  it('does not expire after the clock was stopped', () => {
    aDeadline().set(100);
    clock.stop();
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([]);
  });
});
