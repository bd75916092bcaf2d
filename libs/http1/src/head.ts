// What request heads and response heads have in common.
import { INCOMPLETE, UNSUPPORTED } from './outcome.js';

/** The maximum size of a head. Larger heads are unsupported. */
export interface HeadLimits {
  /** Bytes, including the empty line. */
  readonly maxHeadBytes: number;
  /** Field lines. */
  readonly maxFields: number;
}

/** The maximum size of a request head. */
export interface RequestLimits extends HeadLimits {
  /** Bytes of the request target. */
  readonly maxTargetBytes: number;
}

/**
 * Returns 1 when the bytes from `at` start with `expected`, {@link INCOMPLETE} when too few bytes follow to decide,
 * and {@link UNSUPPORTED} otherwise.
 */
export function matchPrefix(bytes: Uint8Array, at: number, end: number, expected: Uint8Array): number {
  const known = Math.min(expected.length, end - at);
  for (let i = 0; i < known; i++) {
    if (bytes[at + i] !== expected[i]) return UNSUPPORTED;
  }
  return known === expected.length ? 1 : INCOMPLETE;
}
