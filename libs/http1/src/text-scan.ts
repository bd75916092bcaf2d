// Finds where a run of field-value text ends, four bytes at a time: values are most of a head.
import { IS_TEXT } from './bytes.js';

/** The bytes that these are part of as {@link endOfText} takes them, four to a word. */
export function wordsOf({ buffer }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
}

/**
 * Where the first byte from `at` on, and before `end`, is that may not stand in a field value (RFC 9110 §5.5); else `end`.
 *
 * @param words {@link wordsOf} the bytes.
 * @param byteOffset where `bytes` begins in them.
 */
export function endOfText(bytes: Uint8Array, words: Uint32Array, byteOffset: number, at: number, end: number): number {
  let next = at;
  while (next < end && ((byteOffset + next) & 3) !== 0) {
    if (IS_TEXT[bytes[next]] === 0) return next;
    next++;
  }
  let word = (byteOffset + next) >>> 2;
  const lastWord = (byteOffset + end) >>> 2;
  while (word < lastWord && isPlain(words[word])) word++;
  next = Math.max(next, (word << 2) - byteOffset);
  while (next < end && IS_TEXT[bytes[next]] === 1) next++;
  return next;
}

/**
 * Whether all four bytes are from 0x20 to 0x7e. A byte below borrows from its highest bit, one above carries into it or has
 * it. A neighbour's borrow or carry may spoil a byte that is right, never mend one that is wrong; what is not plain is looked
 * at byte by byte.
 */
function isPlain(word: number): boolean {
  return (((word - 0x20202020) | (word + 0x01010101) | word) & 0x80808080) === 0;
}
