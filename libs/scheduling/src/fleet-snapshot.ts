// The fleet at one moment, as the data plane sees it. Immutable: a change of membership or health makes another one.
import type { ResourceVector } from './resources.js';

/** A backend that may be given requests. */
export interface FleetMember {
  /** Its row in the load table. */
  readonly slot: number;
  /** Units per second of each resource, in the fleet's order. */
  readonly capacity: ArrayLike<number>;
  /** The most exchanges it may have in flight; absent: no limit. */
  readonly maxActive?: number;
  /** 32 bits that stand for its identity, the same after a restart and at every balancer; absent: its slot. */
  readonly key?: number;
}

/** A capacity has to change by this part before a snapshot is worth making anew. */
const NOTABLE_CHANGE = 0.02;

/** The members in dense arrays; a member's index in them is its **position**. */
export class FleetSnapshot {
  readonly size: number;
  /** Load-table slot by position. */
  readonly slots: Int32Array;
  /** Capacity at `position * resourceCount + r`, units per second. */
  readonly capacity: Float64Array;
  /** 1/capacity at `position * resourceCount + r`; infinite where the capacity is zero. */
  readonly inverseCapacity: Float64Array;
  /** The most exchanges in flight, by position. */
  readonly maxActive: Float64Array;
  /** What stands for a member's identity, by position: 32 bits. */
  readonly keys: Uint32Array;
  /** The smallest of these: with fewer exchanges in flight in all, every member has room. */
  readonly smallestMaxActive: number;
  /** Whether every member has every resource: then whoever has room is feasible for any request. */
  readonly isOpen: boolean;

  constructor(
    readonly resourceCount: number,
    private readonly members: readonly FleetMember[],
  ) {
    this.size = members.length;
    this.slots = Int32Array.from(members, ({ slot }) => slot);
    this.capacity = new Float64Array(members.length * resourceCount);
    members.forEach(({ capacity }, position) => this.capacity.set(capacity, position * resourceCount));
    this.inverseCapacity = this.capacity.map((capacity) => 1 / capacity);
    this.maxActive = Float64Array.from(members, ({ maxActive }) => maxActive ?? Infinity);
    this.keys = Uint32Array.from(members, ({ key, slot }) => key ?? slot);
    this.smallestMaxActive = this.maxActive.reduce((smallest, limit) => Math.min(smallest, limit), Infinity);
    this.isOpen = this.capacity.every((units) => units > 0);
  }

  /** The part of a demand that every member has the resources for. */
  withoutLacking(demand: ResourceVector): ResourceVector {
    return demand.map((units, r) => {
      const isLacked = this.members.some(({ capacity }) => capacity[r] === 0);
      return isLacked ? 0 : units;
    });
  }

  /**
   * The same fleet with each capacity times the speed its backend was seen to have. Hands back `before`, a snapshot of
   * this same fleet, while no capacity differs from it by more than 2 %: policies keep what they made of it.
   */
  atSpeeds(speedOf: (slot: number) => number, before: FleetSnapshot): FleetSnapshot {
    const isNotable = this.members.some(({ slot, capacity }, position) => {
      const speed = speedOf(slot);
      return Array.from(capacity).some((units, r) => {
        const seen = before.capacity[position * this.resourceCount + r];
        return Math.abs(units * speed - seen) > NOTABLE_CHANGE * seen;
      });
    });
    if (!isNotable) return before;
    const members = this.members.map((member) => {
      const speed = speedOf(member.slot);
      return { ...member, capacity: Array.from(member.capacity, (units) => units * speed) };
    });
    return new FleetSnapshot(this.resourceCount, members);
  }
}
