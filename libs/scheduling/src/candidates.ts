// Who could take a request at all. Decided once, before any policy sees the request.
import { FleetSnapshot } from './fleet-snapshot.js';
import type { LoadTable } from './load-table.js';
import type { ResourceVector } from './resources.js';

/** The feasible backends of one decision. One object is filled anew for each decision; it allocates only to grow. */
export class Candidates {
  fleet = new FleetSnapshot(1, []);
  /** Positions in `fleet`; the first `count` are valid. */
  positions = new Int32Array(16);
  count = 0;
  /** Whether somebody was left out for no other reason than having no room. */
  isSomeoneFull = false;
  private isEveryone = false;

  /**
   * Fills in the members of `fleet` that have every resource `demand` needs, have room for one more exchange, and are
   * not in `excludedSlots` (those a retry has tried). Answers how many there are.
   */
  fill(fleet: FleetSnapshot, table: LoadTable, demand: ResourceVector, excludedSlots: readonly number[]): number {
    const hasRoom = fleet.smallestMaxActive === Infinity || table.activeInAll() < fleet.smallestMaxActive;
    if (hasRoom && fleet.isOpen && excludedSlots.length === 0) return this.fillWithAll(fleet);
    if (this.positions.length < fleet.size) this.positions = new Int32Array(2 * fleet.size);
    this.fleet = fleet;
    this.isEveryone = false;
    this.isSomeoneFull = false;
    this.count = 0;
    for (let position = 0; position < fleet.size; position++) {
      const slot = fleet.slots[position];
      if (!hasEvery(fleet, position, demand) || excludedSlots.includes(slot)) continue;
      if (table.active(slot) < fleet.maxActive[position]) this.positions[this.count++] = position;
      else this.isSomeoneFull = true;
    }
    return this.count;
  }

  /** All members, as most often. The positions stand from one decision to the next. */
  private fillWithAll(fleet: FleetSnapshot): number {
    this.isSomeoneFull = false;
    if (this.isEveryone && this.fleet === fleet) return this.count;
    if (this.positions.length < fleet.size) this.positions = new Int32Array(2 * fleet.size);
    this.fleet = fleet;
    this.isEveryone = true;
    this.count = fleet.size;
    for (let position = 0; position < fleet.size; position++) this.positions[position] = position;
    return this.count;
  }

  /** Whether the member at `position` is among them. O(log count), for positions ascend. */
  has(position: number): boolean {
    const { positions } = this;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (positions[middle] < position) low = middle + 1;
      else high = middle;
    }
    return this.count > 0 && positions[low] === position;
  }
}

function hasEvery(fleet: FleetSnapshot, position: number, demand: ResourceVector): boolean {
  const at = position * fleet.resourceCount;
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] > 0 && fleet.capacity[at + r] === 0) return false;
  }
  return true;
}
