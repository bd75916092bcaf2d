// The fleet at one moment, as the data plane sees it. Immutable: a change of membership or health makes a new one.
import type { ResourceVector } from './resources.js';

/** A backend that may receive requests. */
export interface FleetMember {
  /** Its row in the load table. */
  readonly slot: number;
  /** Units per second of each resource, in the fleet's order. */
  readonly capacity: ArrayLike<number>;
  /** How large it is compared with the others; absent: by its capacity. All members have it, or none. */
  readonly size?: number;
  /** False: its capacity is a stand-in, because it declared nothing of its resources. Absent: true. */
  readonly isDeclared?: boolean;
  /** Maximum number of exchanges in flight; absent: no limit. */
  readonly maxActive?: number;
  /** 32-bit hash of its identity, stable across restarts and equal at every balancer; absent: its slot is used. */
  readonly key?: number;
}

/** Relative change of a capacity from which a new snapshot is made. */
const MIN_CAPACITY_CHANGE = 0.02;
/** Exponent of a member's size in its weight: see {@link FleetSnapshot.weights}. */
const SIZE_EXPONENT = 0.75;

/** The members in dense arrays. The index of a member in them is its **position**. */
export class FleetSnapshot {
  /** Number of members. */
  readonly size: number;
  /** Load-table slot, by position. */
  readonly slots: Int32Array;
  /** Capacity at `position * resourceCount + r`, units per second. */
  readonly capacity: Float64Array;
  /** 1 / capacity at `position * resourceCount + r`; Infinity where the capacity is zero. */
  readonly inverseCapacity: Float64Array;
  /**
   * How much a second of backlog counts, by position: size^¾, where size is that of the member or else the geometric mean
   * over the resources of the member's capacity relative to the mean of those who have the resource. Without a unit; 1 when
   * all are equal.
   */
  readonly weights: Float64Array;
  /** The size that {@link weights} come from, by position. */
  readonly sizes: Float64Array;
  /** Maximum number of exchanges in flight, by position; Infinity: no limit. */
  readonly maxActive: Float64Array;
  /** 32-bit hash of the member's identity, by position. */
  readonly keys: Uint32Array;
  /** The smallest entry of `maxActive`: while the whole fleet has fewer exchanges in flight, every member has room. */
  readonly smallestMaxActive: number;
  /** Whether every member has every resource, so that each one with room is feasible for any request. */
  readonly hasAllResources: boolean;
  /** The same members, at the same positions, at the capacities that they declared. */
  readonly declared: FleetSnapshot;

  /** @param declared the snapshot that the new one is {@link atSpeeds | at the speeds} of; absent: itself. */
  constructor(
    readonly resourceCount: number,
    private readonly members: readonly FleetMember[],
    declared?: FleetSnapshot,
  ) {
    this.declared = declared ?? this;
    this.size = members.length;
    this.slots = Int32Array.from(members, ({ slot }) => slot);
    this.capacity = new Float64Array(members.length * resourceCount);
    members.forEach(({ capacity }, position) => this.capacity.set(capacity, position * resourceCount));
    this.inverseCapacity = this.capacity.map((capacity) => 1 / capacity);
    this.sizes = sizesOf(members, resourceCount);
    this.weights = this.sizes.map((size) => size ** SIZE_EXPONENT);
    this.maxActive = Float64Array.from(members, ({ maxActive }) => maxActive ?? Infinity);
    this.keys = Uint32Array.from(members, ({ key, slot }) => key ?? slot);
    this.smallestMaxActive = this.maxActive.reduce((smallest, limit) => Math.min(smallest, limit), Infinity);
    this.hasAllResources = this.capacity.every((units) => units > 0);
  }

  /** Whether the member at `position` declared its capacity; otherwise that is a stand-in. */
  isDeclaredAt(position: number): boolean {
    return this.members[position].isDeclared ?? true;
  }

  /**
   * Returns the demand with zero for each resource that some member lacks, so that every member is able to serve it.
   */
  servableByAll(demand: ResourceVector): ResourceVector {
    return demand.map((units, r) => {
      const isMissing = this.members.some(({ capacity }) => capacity[r] === 0);
      return isMissing ? 0 : units;
    });
  }

  /** Returns the same members, at the same positions, with other resources. `sizes`: by position. */
  withCapacities(
    resourceCount: number,
    sizes: ArrayLike<number>,
    capacityOf: (slot: number, position: number) => ArrayLike<number>,
  ): FleetSnapshot {
    const members = this.members.map((member, position) => ({
      ...member,
      capacity: capacityOf(member.slot, position),
      size: sizes[position],
    }));
    return new FleetSnapshot(resourceCount, members);
  }

  /**
   * Returns the same fleet with each capacity multiplied by the observed speed of its backend. Returns `previous`, an
   * earlier result for this fleet, while every capacity is within 2 % of it: policies then keep their cached state.
   */
  atSpeeds(speedOf: (slot: number) => number, previous: FleetSnapshot): FleetSnapshot {
    const hasChanged = this.members.some(({ slot, capacity }, position) => {
      const speed = speedOf(slot);
      return Array.from(capacity).some((units, r) => {
        const previousUnits = previous.capacity[position * this.resourceCount + r];
        return Math.abs(units * speed - previousUnits) > MIN_CAPACITY_CHANGE * previousUnits;
      });
    });
    if (!hasChanged) return previous;
    const members = this.members.map((member) => {
      const speed = speedOf(member.slot);
      return { ...member, capacity: Array.from(member.capacity, (units) => units * speed) };
    });
    return new FleetSnapshot(this.resourceCount, members, this);
  }
}

function sizesOf(members: readonly FleetMember[], resourceCount: number): Float64Array {
  const means = Array.from({ length: resourceCount }, (_, r) => {
    const present = members.map(({ capacity }) => capacity[r]).filter((units) => units > 0);
    return present.reduce((sum, units) => sum + units / present.length, 0);
  });
  return Float64Array.from(members, ({ capacity, size }) => {
    if (size !== undefined) return size;
    const logs = means.map((mean, r) => Math.log(capacity[r] / mean)).filter(Number.isFinite);
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length));
  });
}
