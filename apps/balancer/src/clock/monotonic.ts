// The monotonic clock, for everything that waits or expires: a change of the wall clock must not expire a lease.
// `performance` is imported because each use of the global goes through a getter.
import { performance } from 'node:perf_hooks';

/** Monotonic time in milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * The clock of the system minus that of this thread, whose time starts at 0. Milliseconds. The largest of some readings: where
 * the thread was interrupted between its two parts, a reading is too small.
 */
const SHARED_OFFSET_MS = Math.max(
  ...Array.from({ length: 5 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

/** Converts a time of {@link monotonicMs} to seconds of a clock that all threads share. */
export function sharedSecondsFromMs(nowMs: number): number {
  return (nowMs + SHARED_OFFSET_MS) / 1000;
}

/** Converts a time of {@link monotonicSeconds} to seconds of the clock that all threads share. */
export function sharedSecondsFromSeconds(nowSeconds: number): number {
  return nowSeconds + SHARED_OFFSET_MS / 1000;
}

/** Monotonic time in seconds. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
