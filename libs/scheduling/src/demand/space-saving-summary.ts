// Finds the frequent values of a stream in bounded memory.

interface Counter {
  count: number;
  /** Upper bound of the error of `count`: the count of the value that this counter replaced. */
  overcount: number;
}

/** Number of counters. A value with more than 1/32 of the stream always has one. */
const MAX_COUNTERS = 32;
/** After this many values all counts are halved, so that formerly frequent values are forgotten. */
const HALVING_PERIOD = 4096;

/**
 * The Space-Saving summary (Metwally, Agrawal & El Abbadi, "Efficient computation of frequent and top-k elements in
 * data streams", ICDT 2005), with decaying counts. While the stream has few distinct values, each of them is regular;
 * when it has many, only the frequent ones are. O(1), or O(32) for a value without a counter.
 */
export class SpaceSavingSummary {
  private readonly counters = new Map<string, Counter>();
  private seen = 0;
  private sinceHalving = 0;

  /**
   * Counts `value`, which was seen `times` times.
   *
   * @returns whether it is regular: one of a few values, or frequent among many.
   */
  observe(value: string, times = 1): boolean {
    this.seen += times;
    this.sinceHalving += times;
    if (this.sinceHalving >= HALVING_PERIOD) this.halve();
    const counter = this.counters.get(value) ?? this.addCounter(value);
    counter.count += times;
    const isOneOfFew = this.counters.size < MAX_COUNTERS;
    return isOneOfFew || (counter.count - counter.overcount) * MAX_COUNTERS > this.seen;
  }

  private addCounter(value: string): Counter {
    const counter = { count: 0, overcount: 0 };
    if (this.counters.size >= MAX_COUNTERS) {
      counter.overcount = this.evictRarest();
      counter.count = counter.overcount;
    }
    this.counters.set(value, counter);
    return counter;
  }

  private evictRarest(): number {
    let rarest = '';
    let lowestCount = Infinity;
    for (const [value, { count }] of this.counters) {
      if (count < lowestCount) {
        lowestCount = count;
        rarest = value;
      }
    }
    this.counters.delete(rarest);
    return lowestCount;
  }

  private halve(): void {
    this.sinceHalving = 0;
    this.seen /= 2;
    for (const [value, counter] of this.counters) {
      counter.count /= 2;
      counter.overcount /= 2;
      if (counter.count < 1) this.counters.delete(value);
    }
  }
}
