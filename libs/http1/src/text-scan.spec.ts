import { assert, integer, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IS_TEXT } from './bytes.js';
import { endOfText } from './text-scan.js';

/** The same byte by byte, with the table. */
function expectedEnd(bytes: Uint8Array, at: number, end: number): number {
  const stop = bytes.subarray(at, end).findIndex((byte) => IS_TEXT[byte] === 0);
  return stop === -1 ? end : at + stop;
}

const endIn = (bytes: Uint8Array, at: number, end: number) =>
  endOfText(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, end);

describe('the end of a run of text', () => {
  it('is at the first byte that is not allowed, anywhere in a word', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 12; place++) {
        const bytes = Buffer.alloc(16, 'x');
        bytes[place] = byte;
        for (let at = 0; at <= place; at++) expect(endIn(bytes, at, 13)).toBe(expectedEnd(bytes, at, 13));
      }
    }
  });

  it('is the same for any bytes, anywhere in a buffer', () => {
    const contents = uint8Array({ minLength: 8, maxLength: 64 });
    assert(
      property(contents, integer({ min: 0, max: 7 }), integer({ min: 0, max: 8 }), (content, offset, at) => {
        const whole = new Uint8Array(offset + content.length);
        whole.set(content, offset);
        const bytes = whole.subarray(offset);
        expect(endIn(bytes, at, content.length)).toBe(expectedEnd(bytes, at, content.length));
      }),
      { numRuns: 5000 },
    );
  });

  it('is not searched past the given end', () => {
    const bytes = Buffer.from('abcdefgh\0ij');
    for (let end = 1; end <= 8; end++) expect(endIn(bytes, 0, end)).toBe(end);
  });
});
