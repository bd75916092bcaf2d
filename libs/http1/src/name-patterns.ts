// Patterns of field names for comparing four bytes at a time.
import { COLON } from './bytes.js';

/**
 * Three numbers per word of a pattern: the bits that fold letters to lower case, the mask of bits to compare, and the
 * expected value.
 */
const STRIDE = 3;
const FOLD = 0x20;

/** Patterns of names, each followed by a colon, by number. Stored in one array. */
export class NamePatterns {
  private words = new Int32Array(0);
  /** Where each pattern starts in `words`, and where the last one ends. */
  private readonly starts = [0];

  /**
   * Adds the pattern of the next number.
   *
   * @param lower the name in lower case. Only letters are folded: a letter's upper-case form is the only other byte
   *   that {@link FOLD} maps to it.
   */
  add(lower: Uint8Array): void {
    const length = lower.length + 1;
    const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
    const folds = new Uint8Array(bytes.length);
    const kept = new Uint8Array(bytes.length).fill(0xff, 0, length);
    bytes.set(lower);
    bytes[lower.length] = COLON;
    folds.set(lower.map((byte) => (isLetter(byte) ? FOLD : 0)));
    const row: number[] = [];
    for (let at = 0; at < bytes.length; at += 4) {
      for (const each of [folds, kept, bytes]) row.push(new DataView(each.buffer).getInt32(at, true));
    }
    this.words = Int32Array.from([...this.words, ...row]);
    this.starts.push(this.words.length);
  }

  /**
   * Whether `view` has the name with this number, in any case, and a colon at `at`. Also false when fewer bytes than
   * the pattern's whole words follow before `end`.
   */
  isAt(number: number, view: DataView, at: number, end: number): boolean {
    const { words, starts } = this;
    const stop = starts[number + 1];
    let next = at;
    for (let word = starts[number]; word < stop; word += STRIDE) {
      if (next + 4 > end) return false;
      const read = view.getInt32(next, true);
      if (((read | words[word]) & words[word + 1]) !== words[word + 2]) return false;
      next += 4;
    }
    return true;
  }
}

function isLetter(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}
