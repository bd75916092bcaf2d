import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limiter.js';

function aLimit(callsPerMinute: number, maxKeys = 100) {
  const time = { now: 1000 };
  const limit = new RateLimit(callsPerMinute, maxKeys, () => time.now);
  const allowed = (key: string, calls: number) =>
    Array.from({ length: calls }, () => limit.take(key)).filter((w) => !w);
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
    expect(limit.take('a')).toBe(10);
  });

  it('lets in whoever waits as told, however often it was refused before', () => {
    const { limit, time, allowed } = aLimit(60);
    allowed('a', 1000);
    time.now += limit.take('a');
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeCloseTo(1);
  });

  it('counts each key by itself', () => {
    const { limit, allowed } = aLimit(1);
    allowed('a', 5);
    expect(limit.take('b')).toBe(0);
  });

  it('does not forget a busy key for a flood of others that it has room for, and the quiet ones beyond', () => {
    const { limit } = aLimit(1, 2);
    limit.take('busy');
    limit.take('quiet');
    expect(limit.take('busy')).toBe(60);
    limit.take('new');
    expect(limit.take('busy')).toBe(60);
    expect(limit.take('quiet')).toBe(0);
  });
});
