// Hands out rows of the load table, and takes one back only when nothing is in flight on it any more, and
// nothing can begin there.
import type { LoadTable } from '@fairlead/scheduling';
import type { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';

export class SlotAllocator {
  private readonly free: number[];
  private readonly released = new Set<number>();

  constructor(
    private readonly table: LoadTable,
    private readonly publication: SnapshotAcknowledgement,
    /** Told of each slot that was cleared. */
    private readonly onFreed: (slot: number) => void,
  ) {
    this.free = Array.from({ length: table.shape.slotCount }, (_, index) => table.shape.slotCount - 1 - index);
  }

  /** A cleared slot, or undefined when every one is taken. */
  acquire(): number | undefined {
    this.reclaim();
    return this.free.pop();
  }

  /** Gives a slot back; it is handed out again once its last exchange has ended. */
  release(slot: number): void {
    this.released.add(slot);
    this.reclaim();
  }

  private reclaim(): void {
    // Another thread may place a request there as long as it goes by an old snapshot.
    if (!this.publication.isAcknowledged) return;
    for (const slot of this.released) {
      if (this.table.active(slot) > 0) continue;
      this.released.delete(slot);
      this.table.clear(slot);
      this.onFreed(slot);
      this.free.push(slot);
    }
  }
}
