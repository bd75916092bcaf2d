// A map with room for so many entries. Adding one more forgets the one that was not used for longest.

/** Least-recently-used map over `Map`'s insertion order. Every operation is O(1). */
export class LruMap<Key, Value> {
  private readonly entries = new Map<Key, Value>();

  /** @throws {RangeError} when there is room for none. */
  constructor(
    private readonly limit: number,
    /** Told of each entry that is forgotten for want of room. */
    private readonly onForgotten: (key: Key, value: Value) => void = () => {},
  ) {
    if (!(limit >= 1)) throw new RangeError(`a bounded map needs room for at least one entry, got ${limit}`);
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value of `key`, made by `create` when there is none. Counts as a use. */
  obtain(key: Key, create: () => Value): Value {
    const known = this.entries.get(key);
    if (known !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    if (this.entries.size >= this.limit) this.forgetOldest();
    const value = create();
    this.entries.set(key, value);
    return value;
  }

  private forgetOldest(): void {
    for (const [key, value] of this.entries) {
      this.entries.delete(key);
      this.onForgotten(key, value);
      return;
    }
  }
}
