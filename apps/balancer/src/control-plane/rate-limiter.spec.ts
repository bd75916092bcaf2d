import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

function aLimit(callsPerMinute: number, maxKeys = 100) {
  const time = { now: 1000 };
  const limit = new RateLimiter(callsPerMinute, maxKeys, () => time.now);
  const allowed = (key: string, calls: number) =>
    Array.from({ length: calls }, () => limit.tryConsume(key)).filter((w) => !w);
  return { limit, time, allowed };
}

describe('RateLimit', () => {
  it('allows so many calls at once, and then as many as time gives back', () => {
    const { limit, time, allowed } = aLimit(6);
    expect(allowed('a', 10)).toHaveLength(6);
    time.now += 20;
    expect(allowed('a', 10)).toHaveLength(2);
    time.now += 3600;
    expect(allowed('a', 10)).toHaveLength(6);
    expect(limit.tryConsume('a')).toBe(10);
  });

  it('lets in whoever waits as told, however often it was refused before', () => {
    const { limit, time, allowed } = aLimit(60);
    allowed('a', 1000);
    time.now += limit.tryConsume('a');
    expect(limit.tryConsume('a')).toBe(0);
    expect(limit.tryConsume('a')).toBeCloseTo(1);
  });

  it('counts each key by itself', () => {
    const { limit, allowed } = aLimit(1);
    allowed('a', 5);
    expect(limit.tryConsume('b')).toBe(0);
  });

  it('does not forget a busy key for a flood of others that it has room for, and the quiet ones beyond', () => {
    const { limit } = aLimit(1, 2);
    limit.tryConsume('busy');
    limit.tryConsume('quiet');
    expect(limit.tryConsume('busy')).toBe(60);
    limit.tryConsume('new');
    expect(limit.tryConsume('busy')).toBe(60);
    expect(limit.tryConsume('quiet')).toBe(0);
  });
});
