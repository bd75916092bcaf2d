// The monotonic clock, for everything that waits or expires: a change of the wall clock must not expire a lease.
// `performance` is imported because each use of the global goes through a getter.
import { performance } from 'node:perf_hooks';

/** Monotonic time in milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/** The clock of the system minus that of this thread, whose time starts at 0. Milliseconds. */
const SHARED_OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The time of a clock that all threads share, in seconds, when it is `nowMs` by {@link monotonicMs}. */
export function sharedSeconds(nowMs: number): number {
  return (nowMs + SHARED_OFFSET_MS) / 1000;
}

/** The same for a time of {@link monotonicSeconds}. */
export function sharedTime(nowSeconds: number): number {
  return nowSeconds + SHARED_OFFSET_MS / 1000;
}

/** Monotonic time in seconds. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
