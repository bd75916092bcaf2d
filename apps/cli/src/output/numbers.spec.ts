import { describe, expect, it } from 'vitest';
import { clock, count, counted, duration, milliseconds, percent, short } from './numbers.js';

describe('numbers for people', () => {
  it.each([
    [count(1234), '1,234'],
    [count(1_250_000), '1.3M'],
    [counted(1, 'request'), '1 request'],
    [counted(0, 'request'), '0 requests'],
    [short(0), '0'],
    [short(0.004), '< 0.01'],
    [short(0.416), '0.42'],
    [short(0.999), '1'],
    [short(4.25), '4.3'],
    [short(41.6), '42'],
    [percent(0, 0), '0 %'],
    [percent(1, 1_000_000), '< 0.01 %'],
    [percent(1, 3), '33 %'],
    [milliseconds(0.004), '< 0.01 ms'],
    [milliseconds(0.42), '0.42 ms'],
    [milliseconds(4210), '4.2 s'],
    [duration(-1), '0 s'],
    [duration(59.9), '59 s'],
    [duration(60), '1 min'],
    [duration(185), '3 min 5 s'],
    [duration(7800), '2 h 10 min'],
    [duration(86_400 * 4 + 3600 * 3), '4 d 3 h'],
  ])('%s is written %s', (written, expected) => {
    expect(written).toBe(expected);
  });

  it('has the day of a time that is not today', () => {
    const at = new Date(2026, 10, 30, 3, 4, 5);
    expect(clock(at.toISOString(), at)).toBe('03:04:05');
    expect(clock(at.toISOString(), new Date(2026, 11, 1))).toBe('2026-11-30 03:04:05');
  });
});
