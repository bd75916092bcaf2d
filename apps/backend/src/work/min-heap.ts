// PURE: a binary heap that can give up an item from its middle, since each item knows where it stands.

/** What the heap orders by `key` and marks with its `position`, which is the heap's alone to write. */
export interface HeapItem {
  readonly key: number;
  position: number;
}

export class MinHeap<Item extends HeapItem> {
  private readonly items: Item[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The item with the smallest key. */
  get first(): Item | undefined {
    return this.items[0];
  }

  add(item: Item): void {
    this.items.push(item);
    this.rise(item, this.items.length - 1);
  }

  /** Takes an item out that is in the heap. */
  remove(item: Item): void {
    const last = this.items.pop()!;
    if (last === item) return;
    const { position } = item;
    this.rise(last, position);
    if (last.position === position) this.sink(last, position);
  }

  private rise(item: Item, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      if (this.items[above].key <= item.key) break;
      this.put(this.items[above], position);
      position = above;
    }
    this.put(item, position);
  }

  private sink(item: Item, from: number): void {
    let position = from;
    for (let below = this.smallerChild(position); below !== undefined; below = this.smallerChild(position)) {
      if (this.items[below].key >= item.key) break;
      this.put(this.items[below], position);
      position = below;
    }
    this.put(item, position);
  }

  private smallerChild(position: number): number | undefined {
    const left = 2 * position + 1;
    if (left >= this.items.length) return undefined;
    const right = left + 1;
    return right < this.items.length && this.items[right].key < this.items[left].key ? right : left;
  }

  private put(item: Item, position: number): void {
    this.items[position] = item;
    item.position = position;
  }
}
