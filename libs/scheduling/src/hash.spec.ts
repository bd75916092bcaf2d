import { describe, expect, it } from 'vitest';
import { hash32 } from './hash.js';

describe('hash32', () => {
  // Golden: Landon Curt Noll's test vectors of FNV-1a, 32 bits.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('is FNV-1a: %j', (text, hash) => {
    expect(hash32(text)).toBe(hash);
  });
});
