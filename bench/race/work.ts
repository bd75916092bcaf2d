// The traffic of a cell: each request and when it is sent. Drawn once, the same for every contender.
import { ClassDice, exponential, stream } from '../placement/chance.js';
import type { RequestClass } from '../placement/fleets.js';

/** A request to send. */
export interface Arrival {
  /** Milliseconds from the start. */
  readonly atMs: number;
  readonly demand: readonly number[];
}

/** Poisson arrivals of the mix, at `rate` per second, for `seconds`. */
export function poissonArrivals(
  classes: readonly RequestClass[],
  rate: number,
  seconds: number,
  seed: number,
): Arrival[] {
  const [waits, draws] = [stream(seed, 0), stream(seed, 1)];
  const dice = new ClassDice(classes);
  const arrivals: Arrival[] = [];
  for (let at = exponential(waits) / rate; at < seconds; at += exponential(waits) / rate) {
    arrivals.push({ atMs: at * 1000, demand: classes[dice.draw(draws)].demand });
  }
  return arrivals;
}

/** The path of a request: one route for each class of demand, as in an application. */
export function pathOf([compute, storage]: readonly number[]): string {
  return `/c${compute}/s${storage}`;
}

/** The demand that the client declares, and the true demand (see true-demand.ts). */
export function headersOf([compute, storage]: readonly number[]): Record<string, string> {
  return {
    compute: String(compute),
    storage: String(storage),
    'true-compute': String(compute),
    'true-storage': String(storage),
  };
}
