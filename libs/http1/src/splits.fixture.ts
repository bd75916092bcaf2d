// Gives a framer its bytes in pieces, each time at another place in memory, with other bytes around them.
import { INCOMPLETE } from './outcome.js';

/** Of `frame` of any head. */
type Frame = (bytes: Buffer, from: number, to: number) => number;

/** Feeds the bytes up to each of the growing ends, until there is an outcome. */
export function feed(frame: Frame, text: string, ends: Iterable<number>): number {
  let offset = 0;
  for (const end of ends) {
    // What stands behind the end must not be looked at, whatever it would complete.
    const bytes = Buffer.from(`${'\r\n'.repeat(offset)}${text.slice(0, end)}\r\n\r\n`, 'latin1');
    const from = offset++ * 2;
    const outcome = frame(bytes, from, from + end);
    // A complete head may look at its bytes again.
    if (outcome !== INCOMPLETE) return outcome;
    bytes.fill(0);
  }
  return INCOMPLETE;
}

/** All ways to split a text of this length in two, and the one into single bytes. */
export function* splits(length: number): Generator<Iterable<number>> {
  for (let at = 0; at < length; at++) yield [at, length];
  yield Array.from({ length: length + 1 }, (_, end) => end);
}

/** What `copy` writes into a buffer that has just the room for it, somewhere in the middle of another. */
export function copied(length: number, copy: (out: Buffer, at: number) => number): string {
  const out = Buffer.alloc(length + 20, '#');
  const end = copy(out, 10);
  return out.toString('latin1', 10, end) + (out.toString('latin1', end) === '#'.repeat(10) ? '' : ' and more');
}
