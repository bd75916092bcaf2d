// Assigns rows of the load table. A released row is reused once nothing is in flight on it and no thread can start an
// exchange there.
import type { LoadTable } from '@fairlead/scheduling';
import type { SnapshotAcknowledgement } from '../snapshot/snapshot-acknowledgement.js';

export class SlotAllocator {
  private readonly free: number[];
  private readonly released = new Set<number>();

  constructor(
    private readonly table: LoadTable,
    private readonly acknowledgement: SnapshotAcknowledgement,
    /** Called with each slot that was cleared. */
    private readonly onFreed: (slot: number) => void,
  ) {
    this.free = Array.from({ length: table.shape.slotCount }, (_, index) => table.shape.slotCount - 1 - index);
  }

  /** A cleared slot; undefined when all are in use. */
  acquire(): number | undefined {
    this.reclaim();
    return this.free.pop();
  }

  /** Releases a slot; it is assigned again once its last exchange has ended. */
  release(slot: number): void {
    this.released.add(slot);
    this.reclaim();
  }

  private reclaim(): void {
    // A thread that still uses an older snapshot may place a request there.
    if (!this.acknowledgement.isAcknowledged) return;
    for (const slot of this.released) {
      if (this.table.active(slot) > 0) continue;
      this.released.delete(slot);
      this.table.clear(slot);
      this.onFreed(slot);
      this.free.push(slot);
    }
  }
}
