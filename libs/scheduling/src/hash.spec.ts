import { describe, expect, it } from 'vitest';
import { KeyedHash, hash32 } from './hash.js';

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

describe('KeyedHash', () => {
  /** The first vectors of the reference implementation (`vectors_hsip32`), bytes lowest first: of "", "\0", "\0\1", … */
  const VECTORS =
    'a9359f5b 27475ab8 fa62a603 8afee704 2a6e4689 c5fab669 5863fc23 8bcf63c5 d0b8848f f806e779 94b07934 08083050';

  it('gives the hashes of the reference implementation', () => {
    const hash = new KeyedHash([0x03020100, 0x07060504]);
    const hashes = VECTORS.split(' ').map((_, length) => {
      const text = String.fromCharCode(...Array.from({ length }, (_each, i) => i));
      return Buffer.from(Uint32Array.of(hash.of(text)).buffer).toString('hex');
    });
    expect(hashes.join(' ')).toBe(VECTORS);
  });

  it('spreads keys that were chosen so that those of another key are alike', () => {
    const [known, secret] = [new KeyedHash([1, 2]), new KeyedHash([0x9e3779b9, 0x85ebca6b])];
    const chosen = Array.from({ length: 20_000 }, (_, i) => `user-${i}`).filter((text) => known.of(text) % 100 === 0);
    expect(chosen.length).toBeGreaterThan(100);
    expect(new Set(chosen.map((text) => secret.of(text) % 100)).size).toBeGreaterThan(50);
  });
});
