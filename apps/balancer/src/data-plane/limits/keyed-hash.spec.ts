import { expect, it } from 'vitest';
import { KeyedHash } from './keyed-hash.js';

// From vectors.h of the reference implementation, https://github.com/veorq/SipHash: the key and the text are 0, 1, 2, …
it.each([
  [0, '218d1f59b9b83cc8'],
  [2, '064f39ef7c50eb57'],
  [4, 'd5e78a175be52ea1'],
  [6, 'ce3e91358aa2bc25'],
])('has the value of the reference for %i bytes', (length, expected) => {
  const bytes = Buffer.from(Array.from({ length }, (_, i) => i));
  const hash = new KeyedHash(0x03020100, 0x07060504);
  hash.update('left over');
  hash.update(bytes.toString('utf16le'));
  const result = Buffer.alloc(8);
  result.writeInt32LE(hash.low, 0);
  result.writeInt32LE(hash.high, 4);
  expect(result.toString('hex')).toBe(expected);
});
