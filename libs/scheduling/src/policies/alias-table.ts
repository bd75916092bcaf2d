// Draws at random by weight, in constant time.
import type { Random } from '../clock-and-random.js';

/**
 * Draws one of n entries with a probability proportional to its weight. Built in O(n); a draw is O(1): each of n columns of
 * equal probability belongs to one entry up to a threshold, and to another one, its alias, above. Source: Walker, "An
 * efficient method for generating discrete random variables with general distributions" (1977), built as in Vose, "A linear
 * algorithm for generating random numbers with a given distribution" (1991).
 */
export class AliasTable {
  private readonly thresholds: Float64Array;
  private readonly aliases: Int32Array;

  /** @param weights finite and not negative; if all are zero, each entry is as likely as any other. */
  constructor(weights: Float64Array) {
    const { length } = weights;
    const sum = weights.reduce((total, weight) => total + weight, 0);
    // The mean is 1: a column is full with that.
    this.thresholds = weights.map((weight) => (sum > 0 ? (weight / sum) * length : 1));
    this.aliases = Int32Array.from({ length }, (_, entry) => entry);
    const small: number[] = [];
    const large: number[] = [];
    this.thresholds.forEach((weight, entry) => (weight < 1 ? small : large).push(entry));
    while (small.length > 0 && large.length > 0) {
      const entry = small.pop()!;
      const alias = large.pop()!;
      this.aliases[entry] = alias;
      // The alias fills up the column of the entry.
      this.thresholds[alias] -= 1 - this.thresholds[entry];
      (this.thresholds[alias] < 1 ? small : large).push(alias);
    }
  }

  /** Returns the index of an entry. There has to be one. */
  draw(random: Random): number {
    const { thresholds, aliases } = this;
    const at = random() * thresholds.length;
    const column = Math.floor(at);
    return at - column < thresholds[column] ? column : aliases[column];
  }
}
