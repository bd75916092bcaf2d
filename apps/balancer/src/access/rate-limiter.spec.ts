import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

function aRateLimiter(callsPerMinute: number, maxKeys = 100) {
  const time = { now: 1000 };
  const limiter = new RateLimiter(callsPerMinute, maxKeys, () => time.now);
  const allowed = (key: string, calls: number) =>
    Array.from({ length: calls }, () => limiter.tryConsume(key)).filter((waitSeconds) => waitSeconds === 0);
  return { limiter, time, allowed };
}

describe('RateLimiter', () => {
  it('allows a minute of calls at once, and then as many as time gives back', () => {
    const { limiter, time, allowed } = aRateLimiter(6);
    expect(allowed('a', 10)).toHaveLength(6);
    time.now += 20;
    expect(allowed('a', 10)).toHaveLength(2);
    time.now += 3600;
    expect(allowed('a', 10)).toHaveLength(6);
    expect(limiter.tryConsume('a')).toBe(10);
  });

  it('allows a call after the wait it returned, however many calls it refused before', () => {
    const { limiter, time, allowed } = aRateLimiter(60);
    allowed('a', 1000);
    time.now += limiter.tryConsume('a');
    expect(limiter.tryConsume('a')).toBe(0);
    expect(limiter.tryConsume('a')).toBeCloseTo(1);
  });

  it('limits each key on its own', () => {
    const { limiter, allowed } = aRateLimiter(1);
    allowed('a', 5);
    expect(limiter.tryConsume('b')).toBe(0);
  });

  it('keeps the keys used most recently, and forgets the others beyond its limit', () => {
    const { limiter } = aRateLimiter(1, 2);
    limiter.tryConsume('busy');
    limiter.tryConsume('quiet');
    expect(limiter.tryConsume('busy')).toBe(60);
    limiter.tryConsume('new');
    expect(limiter.tryConsume('busy')).toBe(60);
    expect(limiter.tryConsume('quiet')).toBe(0);
  });
});
