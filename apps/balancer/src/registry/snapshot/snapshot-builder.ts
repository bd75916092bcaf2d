// Who is given requests, and how much at a time: makes the snapshot that placement reads from what the registry knows.
import { FleetSnapshot, inFlightLimits, inTraffic, slowStartRatio } from '@fairlead/scheduling';
import type { BalancerConfig } from '../../config/balancer.config.js';
import { stateOf, type Backend } from '../backend.js';
import type { EventLog } from '../event-log.js';

export class SnapshotBuilder {
  /** Whether backends that are not healthy serve too, because too few are. */
  isPanic = false;
  private limits: ReadonlyMap<Backend, number> = new Map();

  constructor(
    private readonly events: EventLog,
    private readonly config: BalancerConfig,
  ) {}

  /** The backends of this fleet that are given requests now. Tells of panic when it begins and when it ends. */
  build(fleet: readonly Backend[]): FleetSnapshot {
    const { RESOURCES, PANIC_THRESHOLD, MAX_IN_FLIGHT_PER_BACKEND } = this.config;
    const limits = inFlightLimits(
      fleet.map(({ capacity }) => capacity),
      MAX_IN_FLIGHT_PER_BACKEND,
    );
    this.limits = new Map(fleet.map((backend, i) => [backend, backend.maxInFlight ?? limits[i]]));
    const serving = fleet.filter(({ draining }) => !draining);
    const { members, isPanic } = inTraffic(serving, PANIC_THRESHOLD);
    // With nobody left the panic goes on; and one backend by itself has nobody to be drowned.
    const isStillPanic = isPanic || (this.isPanic && members.length === 0);
    this.recordPanic(isStillPanic && serving.length > 1, serving);
    const limited = members.map((backend) => {
      const { slot, capacity, key } = backend;
      return { slot, capacity, key, maxActive: this.limitOf(backend) };
    });
    return new FleetSnapshot(RESOURCES.size, limited);
  }

  /** The most exchanges a backend is given at a time. */
  limitOf(backend: Backend): number {
    return this.limits.get(backend) ?? this.config.MAX_IN_FLIGHT_PER_BACKEND;
  }

  /** The part of its capacity that a backend is given while it starts slowly. Both are monotonic, in seconds. */
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
