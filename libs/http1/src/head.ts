// What request heads and response heads have in common.
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** How large a head may be. What is larger is outside the subset. */
export interface HeadLimits {
  /** From the first byte to behind the empty line. */
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

/** 1 when the bytes from `at` on begin with `expected`, {@link INCOMPLETE} while they still may, else {@link UNSUPPORTED}. */
export function matches(bytes: Uint8Array, at: number, end: number, expected: Uint8Array): number {
  const known = Math.min(expected.length, end - at);
  for (let i = 0; i < known; i++) {
    if (bytes[at + i] !== expected[i]) return UNSUPPORTED;
  }
  return known === expected.length ? 1 : INCOMPLETE;
}
