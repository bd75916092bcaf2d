// The random streams of a simulation: one per purpose, so that every policy gets the same traffic.
import { seededRandom, type Random } from '@fairlead/scheduling';
import type { RequestClass } from './fleets.js';

/** An independent random stream for one purpose of a seeded run. */
export function stream(seed: number, purpose: number): Random {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b));
  for (let i = 0; i < 4; i++) random();
  return random;
}

/** An exponential wait of mean 1: the time to the next event of a Poisson process. */
export function exponential(random: Random): number {
  return -Math.log(1 - random());
}

/** A log-normal factor of mean 1. Box and Muller's transform gives the normal deviate. */
export function logNormal(random: Random, sigma: number): number {
  if (sigma === 0) return 1;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

/** Draws classes by their probabilities in O(1): Walker's alias method, in Vose's form. */
export class ClassDice {
  private readonly keep: Float64Array;
  private readonly alias: Int32Array;

  constructor(classes: readonly RequestClass[]) {
    const count = classes.length;
    this.keep = Float64Array.from(classes, ({ probability }) => probability * count);
    this.alias = new Int32Array(count);
    const small: number[] = [];
    const large: number[] = [];
    this.keep.forEach((part, k) => (part < 1 ? small : large).push(k));
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop()!;
      const rich = large[large.length - 1];
      this.alias[poor] = rich;
      this.keep[rich] -= 1 - this.keep[poor];
      if (this.keep[rich] < 1) small.push(large.pop()!);
    }
    for (const k of [...small, ...large]) this.keep[k] = 1;
  }

  draw(random: Random): number {
    const scaled = random() * this.keep.length;
    const k = Math.floor(scaled);
    return scaled - k < this.keep[k] ? k : this.alias[k];
  }
}
