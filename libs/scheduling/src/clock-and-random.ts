// The types of the clock and the random source that callers pass in: this library has neither of its own.

/** Monotonic time in seconds, from an arbitrary start. */
export type Clock = () => number;

/** Uniform random numbers in [0, 1). */
export type Random = () => number;

/**
 * A seeded {@link Random}: mulberry32 with 2³² states, good enough for demos, simulations and tie-breaking.
 * Source: Tommy Ettinger's Mulberry32, public domain.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
