// The monotonic clock, for everything that waits or expires: a change of the wall clock must not expire a lease.
// `performance` is imported because each use of the global goes through a getter.
import { performance } from 'node:perf_hooks';

/** Monotonic time in milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/** Monotonic time in seconds. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
