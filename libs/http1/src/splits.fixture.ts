// Passes bytes to a framer in pieces, each time in another buffer with other bytes around them.
import { INCOMPLETE } from './outcome.js';

/** The signature of `frame` in all framers. */
type Frame = (bytes: Buffer, from: number, to: number) => number;

/** Calls `frame` with the bytes up to each of the growing ends, until there is an outcome. */
export function feed(frame: Frame, text: string, ends: Iterable<number>): number {
  let offset = 0;
  for (const end of ends) {
    // Bytes after the end must not be read, even if they would complete the head.
    const bytes = Buffer.from(`${'\r\n'.repeat(offset)}${text.slice(0, end)}\r\n\r\n`, 'latin1');
    const from = offset++ * 2;
    const outcome = frame(bytes, from, from + end);
    // A complete head may read its bytes again.
    if (outcome !== INCOMPLETE) return outcome;
    bytes.fill(0);
  }
  return INCOMPLETE;
}

/** All ways to split a text of this length in two, and the split into single bytes. */
export function* splits(length: number): Generator<Iterable<number>> {
  for (let at = 0; at < length; at++) yield [at, length];
  yield Array.from({ length: length + 1 }, (_, end) => end);
}

/** Returns what `copy` writes into a buffer with exactly the required room, in the middle of a larger one. */
export function copied(length: number, copy: (out: Buffer, at: number) => number): string {
  const out = Buffer.alloc(length + 20, '#');
  const end = copy(out, 10);
  return out.toString('latin1', 10, end) + (out.toString('latin1', end) === '#'.repeat(10) ? '' : ' and more');
}
