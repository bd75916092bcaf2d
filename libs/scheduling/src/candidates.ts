// Decides which backends are able to serve a request, before any policy sees the request.
import { FleetSnapshot } from './fleet-snapshot.js';
import type { LoadTable } from './load/load-table.js';
import type { ResourceVector } from './resources.js';

/** The feasible backends of one decision. One object is refilled for every decision; it allocates only to grow. */
export class Candidates {
  /** The snapshot that `positions` refers to. */
  fleet = new FleetSnapshot(1, []);
  /** Positions in `fleet`, in ascending order; the first `count` entries are valid. */
  positions = new Int32Array(16);
  /** How many candidates there are. */
  count = 0;
  /** Whether a backend was left out only because it is at its in-flight limit. */
  isAnyFull = false;
  private holdsAllMembers = false;

  /**
   * Collects the members of `fleet` that have every resource `demand` needs, have room for one more exchange, and are
   * not in `excludedSlots` (the slots an earlier attempt has tried).
   *
   * @returns the number of candidates.
   */
  fill(fleet: FleetSnapshot, table: LoadTable, demand: ResourceVector, excludedSlots: readonly number[]): number {
    const hasRoom = fleet.smallestMaxActive === Infinity || table.totalActive() < fleet.smallestMaxActive;
    if (hasRoom && fleet.hasAllResources && excludedSlots.length === 0) return this.fillWithAll(fleet);
    if (this.positions.length < fleet.size) this.positions = new Int32Array(2 * fleet.size);
    this.fleet = fleet;
    this.holdsAllMembers = false;
    this.isAnyFull = false;
    this.count = 0;
    for (let position = 0; position < fleet.size; position++) {
      const slot = fleet.slots[position];
      if (!hasEveryResource(fleet, position, demand) || excludedSlots.includes(slot)) continue;
      if (table.active(slot) < fleet.maxActive[position]) this.positions[this.count++] = position;
      else this.isAnyFull = true;
    }
    return this.count;
  }

  /** The common case: every member is a candidate. The positions are kept from one decision to the next. */
  private fillWithAll(fleet: FleetSnapshot): number {
    this.isAnyFull = false;
    if (this.holdsAllMembers && this.fleet === fleet) return this.count;
    if (this.positions.length < fleet.size) this.positions = new Int32Array(2 * fleet.size);
    this.fleet = fleet;
    this.holdsAllMembers = true;
    this.count = fleet.size;
    for (let position = 0; position < fleet.size; position++) this.positions[position] = position;
    return this.count;
  }

  /** Whether the member with a slot is a candidate. O(size of the fleet). */
  hasSlot(slot: number): boolean {
    const position = this.fleet.slots.indexOf(slot);
    return position !== -1 && this.has(position);
  }

  /** Whether the member at `position` is a candidate. O(log count) at most, because the positions ascend. */
  has(position: number): boolean {
    if (this.holdsAllMembers) return position >= 0 && position < this.count;
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

function hasEveryResource(fleet: FleetSnapshot, position: number, demand: ResourceVector): boolean {
  const at = position * fleet.resourceCount;
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] > 0 && fleet.capacity[at + r] === 0) return false;
  }
  return true;
}
