// Builds the snapshots that placement reads: which backends of each pool may receive requests, and how many at a time.
import { inFlightLimits, inTraffic, slowStartRatio, standInCapacity, type ResourceVector } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import type { CurrentTraffic } from '../../traffic-config/current-traffic.js';
import { stateOf, type Backend } from '../backend.js';
import type { EventLog } from '../event-log.js';
import { PoolSnapshots, type PoolMember } from './pool-snapshots.js';

export class SnapshotBuilder {
  /** The pools in panic: so few of their backends are up that others serve too. */
  private readonly panicking = new Set<string>();
  private limits: ReadonlyMap<Backend, number> = new Map();
  /** What is assumed of backends that declared nothing, by pool. */
  private standIns: ReadonlyMap<string, ResourceVector> = new Map();

  constructor(
    private readonly events: EventLog,
    private readonly traffic: CurrentTraffic,
    private readonly resourceCount: number,
  ) {}

  /** Whether any pool is in panic. */
  get isPanic(): boolean {
    return this.panicking.size > 0;
  }

  isInPanic(pool: string): boolean {
    return this.panicking.has(pool);
  }

  /**
   * The members of `fleet` that may receive requests now. A pool that was removed keeps its members, because its requests
   * are still in flight. Records when panic begins and ends.
   */
  build(fleet: readonly Backend[]): PoolSnapshots {
    const byPool = Map.groupBy(fleet, ({ pool }) => pool);
    this.standIns = new Map(Array.from(byPool, ([pool, own]) => [pool, this.standInOf(own)]));
    this.limits = new Map(Array.from(byPool, ([pool, own]) => this.limitsIn(pool, own)).flat());
    const names = new Set([...byPool.keys(), ...this.panicking]);
    const members = Array.from(names, (pool) => this.membersOf(pool, byPool.get(pool) ?? [])).flat();
    return new PoolSnapshots(this.resourceCount, members);
  }

  /** The limit of concurrent exchanges on a backend. */
  limitOf(backend: Backend): number {
    return this.limits.get(backend) ?? this.traffic.settingsOf(backend.pool).maxInFlightPerBackend;
  }

  /** What placement reckons with: the declared capacity, or its stand-in. Units per second, in the fleet's order. */
  capacityOf({ capacity, pool }: Pick<Backend, 'capacity' | 'pool'>): ResourceVector {
    return capacity ?? this.standIns.get(pool) ?? this.standInOf([]);
  }

  /** The part of a backend's capacity that counts during slow start, 0 to 1. `now` is monotonic, in seconds. */
  slowStart({ pool, startedAt }: Pick<Backend, 'pool' | 'startedAt'>, now: number): number {
    return slowStartRatio(now - startedAt, this.traffic.settingsOf(pool).slowStartSeconds);
  }

  private limitsIn(pool: string, own: readonly Backend[]): [Backend, number][] {
    const { maxInFlightPerBackend } = this.traffic.settingsOf(pool);
    const limits = inFlightLimits(
      own.map((backend) => this.capacityOf(backend)),
      maxInFlightPerBackend,
    );
    return own.map((backend, i) => [backend, backend.maxInFlight ?? limits[i]]);
  }

  private standInOf(own: readonly Backend[]): ResourceVector {
    const declared = own.map(({ capacity }) => capacity).filter((capacity) => capacity !== undefined);
    return standInCapacity(declared, this.resourceCount);
  }

  private membersOf(pool: string, own: readonly Backend[]): PoolMember[] {
    const serving = own.filter(({ draining }) => !draining);
    const { members, isPanic } = inTraffic(serving, this.traffic.settingsOf(pool).panicThreshold);
    // A panic continues while no backend can serve. A single backend cannot panic: panic keeps the load of the others
    // from the few that are up.
    const isStillPanic = isPanic || (this.panicking.has(pool) && members.length === 0);
    this.recordPanic(pool, isStillPanic && serving.length > 1, serving);
    return members.map((backend) => {
      const { slot, key } = backend;
      const capacity = this.capacityOf(backend);
      const isDeclared = backend.capacity !== undefined;
      return { pool, slot, capacity, isDeclared, key, maxActive: this.limitOf(backend) };
    });
  }

  private recordPanic(pool: string, isPanic: boolean, serving: readonly Backend[]): void {
    if (isPanic === this.panicking.has(pool)) return;
    if (isPanic) this.panicking.add(pool);
    else this.panicking.delete(pool);
    const up = serving.filter((backend) => stateOf(backend) === 'up').length;
    const evidence = { up, backends: serving.length };
    const prefix = pool === DEFAULT_POOL ? '' : `pool ${pool}: `;
    if (isPanic) {
      const reason = `${prefix}only ${up} of ${serving.length} backends are up: others serve too`;
      this.events.recordFleetEvent('panic', reason, evidence);
    } else this.events.recordFleetEvent('panic-ended', `${prefix}${up} of ${serving.length} backends are up`, evidence);
  }
}
