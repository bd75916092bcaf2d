// Which values of a stream are frequent, in bounded memory.

interface Counter {
  count: number;
  /** By how much `count` may be too high: what the value that stood here before had. */
  surplus: number;
}

/** How many values are watched at once; a value with more than 1/32 of the stream cannot escape. */
const WATCHED = 32;
/** After this many values all counts are halved, so that what was frequent once can be forgotten. */
const HALVING_PERIOD = 4096;

/**
 * The Space-Saving summary (Metwally, Agrawal & El Abbadi, "Efficient computation of frequent and top-k elements in data
 * streams", ICDT 2005), with counts that fade. While the stream has had few distinct values, each of them is regular;
 * when they are many, only those with a good part of the stream are. O(1), but O(32) for a value not being watched.
 */
export class SpaceSavingSummary {
  private readonly counters = new Map<string, Counter>();
  private seen = 0;
  private sinceHalving = 0;

  /** Counts `value`, seen so many times, and answers whether it is regular: one of a few, or frequent among many. */
  observe(value: string, times = 1): boolean {
    this.seen += times;
    this.sinceHalving += times;
    if (this.sinceHalving >= HALVING_PERIOD) this.halve();
    const counter = this.counters.get(value) ?? this.watch(value);
    counter.count += times;
    const isOneOfFew = this.counters.size < WATCHED;
    return isOneOfFew || (counter.count - counter.surplus) * WATCHED > this.seen;
  }

  private watch(value: string): Counter {
    const counter = { count: 0, surplus: 0 };
    if (this.counters.size >= WATCHED) {
      counter.surplus = this.dropRarest();
      counter.count = counter.surplus;
    }
    this.counters.set(value, counter);
    return counter;
  }

  private dropRarest(): number {
    let rarest = '';
    let fewest = Infinity;
    for (const [value, { count }] of this.counters) {
      if (count < fewest) {
        fewest = count;
        rarest = value;
      }
    }
    this.counters.delete(rarest);
    return fewest;
  }

  private halve(): void {
    this.sinceHalving = 0;
    this.seen /= 2;
    for (const [value, counter] of this.counters) {
      counter.count /= 2;
      counter.surplus /= 2;
      if (counter.count < 1) this.counters.delete(value);
    }
  }
}
