// When requests arrive that do not wait for each other.

/**
 * The arrival times of a Poisson process of `rate` per second, in seconds from its start. A fixed interval would beat in
 * step with what else happens at fixed intervals, such as the polling of the dashboard.
 */
export function* arrivals(rate: number, random: () => number): Generator<number, never> {
  for (let seconds = 0; ;) {
    // A random number is below 1, so the logarithm is finite.
    seconds -= Math.log(1 - random()) / rate;
    yield seconds;
  }
}
