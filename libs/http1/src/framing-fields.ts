// The values of the two fields that say where a message ends: Content-Length and Connection.
import { bytesOf, readsLike } from './bytes.js';

/** More digits than this are outside the subset: 15 are exact in a JavaScript number. */
const MAX_LENGTH_DIGITS = 15;
const ZERO = 0x30;
const CLOSE_TOKEN = bytesOf('close');
const KEEP_ALIVE_TOKEN = bytesOf('keep-alive');

/** The whole number, made of digits alone, that stands in `bytes` from `start` to before `end`; -1 if none does. */
export function wholeNumberIn(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > MAX_LENGTH_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** What a `Connection` field asks for, if it is one of the two options that everybody knows (RFC 9112 §9.3). */
export type ConnectionOption = 'close' | 'keep-alive' | 'other';

/** The only option that stands in `bytes` from `start` to before `end`. */
export function connectionOptionIn(bytes: Uint8Array, start: number, end: number): ConnectionOption {
  if (readsLike(bytes, start, end, KEEP_ALIVE_TOKEN)) return 'keep-alive';
  return readsLike(bytes, start, end, CLOSE_TOKEN) ? 'close' : 'other';
}
