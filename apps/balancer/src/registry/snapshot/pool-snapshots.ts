// The backends that may receive requests at one moment: of each pool, and of all together.
import { FleetSnapshot, type FleetMember } from '@fairlead/scheduling';

/** A backend that may receive requests of a pool. */
export interface PoolMember extends FleetMember {
  readonly pool: string;
}

/** Immutable. */
export class PoolSnapshots {
  /** The members of all pools. */
  readonly all: FleetSnapshot;
  private readonly byPool: ReadonlyMap<string, FleetSnapshot>;
  private readonly none: FleetSnapshot;

  constructor(resourceCount: number, members: readonly PoolMember[]) {
    this.all = new FleetSnapshot(resourceCount, members);
    this.none = members.length === 0 ? this.all : new FleetSnapshot(resourceCount, []);
    const groups = Map.groupBy(members, ({ pool }) => pool);
    const snapshotOf = (own: readonly PoolMember[]) =>
      own.length === members.length ? this.all : new FleetSnapshot(resourceCount, own);
    this.byPool = new Map(Array.from(groups, ([pool, own]) => [pool, snapshotOf(own)]));
  }

  /** The members of a pool; none for an unknown one. */
  of(pool: string): FleetSnapshot {
    return this.byPool.get(pool) ?? this.none;
  }
}
