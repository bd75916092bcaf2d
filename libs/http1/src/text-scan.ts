// Finds where a run of field-value text ends, four bytes at a time, because values are most of a head.
import { IS_TEXT } from './bytes.js';

/**
 * Returns the index of the first byte from `at` to before `end` that is not allowed in a field value (RFC 9110 §5.5);
 * `end` if there is none.
 *
 * @param view of the bytes.
 */
export function endOfText(view: DataView, at: number, end: number): number {
  const lastWord = end - 4;
  let next = at;
  while (next < end) {
    while (next <= lastWord) {
      const unusual = unusualBytes(view.getInt32(next, true));
      if (unusual !== 0) {
        next += lowestByte(unusual);
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
 * Sets the highest bit of each byte outside 0x20 to 0x7e, up to the first such byte. A byte below the range sets it by
 * borrowing, 0x7f by carrying, and a larger byte has it already. Borrows and carries spread to higher bytes only, so
 * bits above the first marked byte may be wrong.
 */
function unusualBytes(word: number): number {
  return ((word - 0x20202020) | (word + 0x01010101) | word) & 0x80808080;
}

/** Returns the index of the byte with the lowest set bit, from 0 to 3. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}
