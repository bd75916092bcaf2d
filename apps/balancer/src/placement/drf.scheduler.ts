// The scheduler: places requests on backends, by any of the policies of libs/scheduling. The default policy `drf` is
// minimum drift, after Stolyar's MinDrift: it matches the shape of a demand to the shape of the free capacity.
import {
  Candidates,
  FleetSnapshot,
  LoadTable,
  createPolicy,
  seededRandom,
  type PlacementPolicy,
  type ResourceVector,
  type ScoredCandidate,
} from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { Fleet } from '../registry/snapshot/fleet.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import { DemandLearning } from './demand-learning.js';
import { Placement, type PlacementContext } from './placement.js';

/** What placement needs to know of a request. */
export interface PlacementRequest {
  /** Units of each resource, in the fleet's order. */
  readonly demand: ResourceVector;
  /** The class whose demand is learned; undefined when the demand was given. */
  readonly classId: number | undefined;
  /** Hash of the affinity key; undefined without one. */
  readonly affinity: number | undefined;
}

/** How often the learned speeds are read. */
const SPEED_INTERVAL_SECONDS = 1;

@Injectable()
export class DrfScheduler {
  private readonly policy: PlacementPolicy;
  private readonly context: PlacementContext;
  /** The time of the present decision, monotonic seconds. */
  private now = 0;
  private readonly candidates = new Candidates();
  /** The last snapshot of the registry. */
  private declared: FleetSnapshot | undefined;
  /** The same at the learned speeds. */
  private fleet: FleetSnapshot;
  private speedsReadAt = 0;

  constructor(
    private readonly registry: Fleet,
    readonly table: LoadTable,
    private readonly learning: DemandLearning,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    // With the same seed, all threads would choose the same backends.
    const { DEMAND_SEED: seed } = config;
    const random = seed === undefined ? Math.random : seededRandom(seed + 1 + table.writer);
    this.policy = createPolicy(config.PLACEMENT_POLICY, { table, random, clock: () => this.now });
    this.context = { table, row: table.own, policy: this.policy, learning };
    this.fleet = registry.snapshot;
  }

  /** Creates a placement, which serves one request after another. */
  createPlacement(): Placement {
    return new Placement(this.context);
  }

  /**
   * Step 5, place: chooses a backend and reserves the demand there, in `placement`; false when no backend can take the
   * request. Backends on `triedSlots` are skipped. The caller reports to the placement how the exchange ended.
   */
  place(request: PlacementRequest, triedSlots: readonly number[], placement: Placement, nowSeconds: number): boolean {
    const fleet = this.currentFleet(nowSeconds);
    const { demand, classId } = request;
    if (this.tryPlace(request, demand, triedSlots, placement)) return true;
    if (classId === undefined || fleet.hasAllResources) return false;
    // A learned demand may be wrong: it must not keep a request from the backends that lack one of its resources.
    return this.tryPlace(request, fleet.servableByAll(demand), triedSlots, placement);
  }

  /** Places a request of `demand` in {@link fleet}, which has to be current. */
  private tryPlace(
    { classId, affinity }: PlacementRequest,
    demand: ResourceVector,
    triedSlots: readonly number[],
    placement: Placement,
  ): boolean {
    const { candidates } = this;
    if (candidates.fill(this.fleet, this.table, demand, triedSlots) === 0) return false;
    const slot = candidates.fleet.slots[this.policy.choose(candidates, demand, affinity)];
    const backend = this.registry.atSlot(slot);
    if (!backend) return false;
    placement.reserve(backend, demand, classId, this.now);
    return true;
  }

  /** The usual latency of a class of requests, seconds; undefined while too few responses were seen. */
  usualSeconds(classId: number): number | undefined {
    return this.learning.usualSeconds(classId);
  }

  /** Whether the last request that was not placed only lacked room: a candidate was full. */
  get isFull(): boolean {
    return this.candidates.count === 0 && this.candidates.isAnyFull;
  }

  /** Whether a backend that is not on `triedSlots` could take `demand` now. */
  canPlace(demand: ResourceVector, triedSlots: readonly number[]): boolean {
    return this.candidates.fill(this.currentFleet(), this.table, demand, triedSlots) > 0;
  }

  /** The scores of the candidates for `demand`; undefined when the policy in force has no scores. */
  explain(demand: ResourceVector): ScoredCandidate[] | undefined {
    this.candidates.fill(this.currentFleet(), this.table, demand, []);
    return this.policy.explain?.(this.candidates, demand);
  }

  /** The fleet as the policy sees it: the backends in traffic, their capacity scaled by their learned speed. */
  currentFleet(now = monotonicSeconds()): FleetSnapshot {
    const isKnown = this.registry.snapshot === this.declared;
    this.now = now;
    if (!isKnown || now - this.speedsReadAt >= SPEED_INTERVAL_SECONDS) this.refreshFleet(now);
    return this.fleet;
  }

  private refreshFleet(now: number): void {
    const { snapshot } = this.registry;
    this.speedsReadAt = now;
    if (snapshot !== this.declared) {
      this.declared = snapshot;
      this.fleet = snapshot;
      this.learning.useFleet(snapshot);
    }
    const speedOf = (slot: number) => this.table.speed(slot) * this.slowStart(slot, now);
    this.fleet = snapshot.atSpeeds(speedOf, this.fleet);
  }

  private slowStart(slot: number, now: number): number {
    const backend = this.registry.atSlot(slot);
    return backend ? this.registry.slowStart(backend, now) : 1;
  }
}
