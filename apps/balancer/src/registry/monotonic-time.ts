// The clock of everything that waits or expires.

/** Monotonic time in seconds: a jump of the wall clock expires no lease. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
