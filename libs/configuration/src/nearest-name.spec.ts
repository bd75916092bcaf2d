import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

const NAMES = ['policy', 'path', 'pool', 'pools', 'requestHeaders', 'responseHeaders'];

describe('the nearest name', () => {
  it.each([
    ['polcy', 'policy'],
    ['Policy', 'policy'],
    ['pol', 'pool'],
    ['poools', 'pools'],
    ['request-headers', 'requestHeaders'],
    ['responsHeader', 'responseHeaders'],
  ])('to %s is %s', (given, name) => {
    expect(nearestName(given, NAMES)).toBe(name);
  });

  it.each(['', 'x', 'weight', 'headers', 'p'.repeat(100_000)])(
    'is none for what differs in too much: %.20s',
    (given) => {
      expect(nearestName(given, NAMES)).toBeUndefined();
    },
  );
});
