// PURE: a binary heap that can remove an item from its middle, because each item stores its position.

/** An item of the heap, which orders items by `key`. Only the heap writes `position`. */
export interface HeapItem {
  readonly key: number;
  position: number;
}

/** The item with the smallest key comes first. */
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
    this.siftUp(item, this.items.length - 1);
  }

  /** Removes an item, which must be in the heap. */
  remove(item: Item): void {
    const last = this.items.pop()!;
    if (last === item) return;
    const { position } = item;
    this.siftUp(last, position);
    if (last.position === position) this.siftDown(last, position);
  }

  private siftUp(item: Item, from: number): void {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.items[parent].key <= item.key) break;
      this.put(this.items[parent], position);
      position = parent;
    }
    this.put(item, position);
  }

  private siftDown(item: Item, from: number): void {
    let position = from;
    for (let child = this.smallerChild(position); child !== undefined; child = this.smallerChild(position)) {
      if (this.items[child].key >= item.key) break;
      this.put(this.items[child], position);
      position = child;
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
