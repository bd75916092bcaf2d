import { describe, expect, it } from 'vitest';
import { BodyRate } from './body-rate.js';

/** The second in which a body is too slow, when each second brings one of these numbers of bytes, the last for ever. */
function tooSlowAfter(rate: BodyRate, ...bytesPerSecond: number[]): number {
  for (let second = 1; second <= 10_000; second++) {
    if (rate.isTooSlow(bytesPerSecond[Math.min(second, bytesPerSecond.length) - 1], 1000)) return second;
  }
  return Infinity;
}

function aBodyOf(minBytesPerSecond: number): BodyRate {
  const rate = new BodyRate(minBytesPerSecond);
  rate.reset(60_000);
  return rate;
}

describe('a body with a minimum of 64 bytes per second', () => {
  const aBody = () => aBodyOf(64);

  it('may stand still for 10 s', () => expect(tooSlowAfter(aBody(), 0)).toBe(10));
  it('may go on for ever at that rate', () => expect(tooSlowAfter(aBody(), 64)).toBe(Infinity));
  it('may go on for a while at half of it', () => expect(tooSlowAfter(aBody(), 32)).toBe(20));
  it('may stand still for the idle timeout after a fast beginning', () => {
    expect(tooSlowAfter(aBody(), 1_000_000, 0)).toBe(60);
  });
  it('has 10 s again after a reset', () => {
    const rate = aBody();
    tooSlowAfter(rate, 0);
    rate.reset(60_000);
    expect(tooSlowAfter(rate, 0)).toBe(10);
  });
});

it('without a minimum, a body may be as slow as it likes', () => {
  expect(tooSlowAfter(aBodyOf(0), 0)).toBe(Infinity);
});
