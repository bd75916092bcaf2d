// The clock of everything that waits or expires: a jump of the wall clock expires no lease.
// Imported: the global of the same name is looked up anew, through a getter, each time it is used.
import { performance } from 'node:perf_hooks';

/** Monotonic time in milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/** Monotonic time in seconds. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
