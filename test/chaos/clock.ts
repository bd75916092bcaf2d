// The clock that all processes of the suite share: CLOCK_MONOTONIC counts from the start of the machine, so that what
// one process noted can be set against what another did.

/** Milliseconds since the machine was started. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
