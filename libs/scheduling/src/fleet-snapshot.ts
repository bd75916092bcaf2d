// The fleet at one moment, as the data plane sees it. Immutable: a change of membership or health makes another one.

/** A backend that may be given requests. */
export interface FleetMember {
  /** Its row in the load table. */
  readonly slot: number;
  /** Units per second of each resource, in the fleet's order. */
  readonly capacity: ArrayLike<number>;
  /** The most exchanges it may have in flight; absent: no limit. */
  readonly maxActive?: number;
}

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
  /** Whether every member has every resource and no limit of exchanges: then all are feasible for any request. */
  readonly isOpen: boolean;

  constructor(
    readonly resourceCount: number,
    members: readonly FleetMember[],
  ) {
    this.size = members.length;
    this.slots = Int32Array.from(members, ({ slot }) => slot);
    this.capacity = new Float64Array(members.length * resourceCount);
    members.forEach(({ capacity }, position) => this.capacity.set(capacity, position * resourceCount));
    this.inverseCapacity = this.capacity.map((capacity) => 1 / capacity);
    this.maxActive = Float64Array.from(members, ({ maxActive }) => maxActive ?? Infinity);
    this.isOpen = this.capacity.every((units) => units > 0) && this.maxActive.every((limit) => limit === Infinity);
  }
}
