// Finds where a run of field-value text ends, four bytes at a time: values are most of a head.
import { IS_TEXT } from './bytes.js';

/**
 * Where the first byte from `at` on, and before `end`, is that may not stand in a field value (RFC 9110 §5.5); else `end`.
 *
 * @param view of the bytes.
 */
export function endOfText(view: DataView, at: number, end: number): number {
  const lastWord = end - 4;
  let next = at;
  while (next < end) {
    while (next <= lastWord) {
      const odd = oddBytes(view.getInt32(next, true));
      if (odd !== 0) {
        next += lowestByte(odd);
        break;
      }
      next += 4;
    }
    if (next === end || IS_TEXT[view.getUint8(next)] === 0) return next;
    next++;
  }
  return next;
}

/**
 * The highest bit of each byte that is not from 0x20 to 0x7e, up to the first such byte; those above it may be wrong. A byte
 * below borrows from its highest bit, one above carries into it or has it; both reach into higher bytes only.
 */
function oddBytes(word: number): number {
  return ((word - 0x20202020) | (word + 0x01010101) | word) & 0x80808080;
}

/** Which byte the lowest bit is in, from 0 to 3. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}
