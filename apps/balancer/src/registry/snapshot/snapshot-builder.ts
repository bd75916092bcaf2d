// Builds the snapshot that placement reads: which backends may receive requests, and how many at a time.
import { FleetSnapshot, inFlightLimits, inTraffic, slowStartRatio } from '@fairlead/scheduling';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { stateOf, type Backend } from '../backend.js';
import type { EventLog } from '../event-log.js';

export class SnapshotBuilder {
  /** Panic: so few backends are up that others serve too. */
  isPanic = false;
  private limits: ReadonlyMap<Backend, number> = new Map();

  constructor(
    private readonly events: EventLog,
    private readonly config: BalancerConfig,
  ) {}

  /** The members of `fleet` that may receive requests now. Records when panic begins and ends. */
  build(fleet: readonly Backend[]): FleetSnapshot {
    const { RESOURCES, PANIC_THRESHOLD, MAX_IN_FLIGHT_PER_BACKEND } = this.config;
    const limits = inFlightLimits(
      fleet.map(({ capacity }) => capacity),
      MAX_IN_FLIGHT_PER_BACKEND,
    );
    this.limits = new Map(fleet.map((backend, i) => [backend, backend.maxInFlight ?? limits[i]]));
    const serving = fleet.filter(({ draining }) => !draining);
    const { members, isPanic } = inTraffic(serving, PANIC_THRESHOLD);
    // A panic continues while no backend can serve. A single backend cannot panic: panic keeps the load of the others
    // from the few that are up.
    const isStillPanic = isPanic || (this.isPanic && members.length === 0);
    this.recordPanic(isStillPanic && serving.length > 1, serving);
    const limited = members.map((backend) => {
      const { slot, capacity, key } = backend;
      return { slot, capacity, key, maxActive: this.limitOf(backend) };
    });
    return new FleetSnapshot(RESOURCES.size, limited);
  }

  /** The limit of concurrent exchanges on a backend. */
  limitOf(backend: Backend): number {
    return this.limits.get(backend) ?? this.config.MAX_IN_FLIGHT_PER_BACKEND;
  }

  /** The part of a backend's capacity that counts during slow start, 0 to 1. Both times are monotonic seconds. */
  slowStart(startedAt: number, now: number): number {
    return slowStartRatio(now - startedAt, this.config.SLOW_START_SECONDS);
  }

  private recordPanic(isPanic: boolean, serving: readonly Backend[]): void {
    if (isPanic === this.isPanic) return;
    this.isPanic = isPanic;
    const up = serving.filter((backend) => stateOf(backend) === 'up').length;
    const evidence = { up, backends: serving.length };
    if (isPanic)
      this.events.recordFleetEvent(
        'panic',
        `only ${up} of ${serving.length} backends are up: others serve too`,
        evidence,
      );
    else this.events.recordFleetEvent('panic-ended', `${up} of ${serving.length} backends are up`, evidence);
  }
}
