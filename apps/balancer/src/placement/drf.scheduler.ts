// The scheduler: places requests on the backends of their pool, by any of the policies of libs/scheduling. The default
// policy `drf` is minimum drift, after Stolyar's MinDrift: it matches the shape of a demand to the shape of the free
// capacity.
import {
  LoadTable,
  NO_LATENT_DEMAND,
  seededRandom,
  type PolicyContext,
  type ResourceVector,
  type ScoredCandidate,
} from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { monotonicSeconds } from '../clock/monotonic.js';
import { balancerConfig } from '../config/balancer.config.js';
import { Fleet } from '../registry/snapshot/fleet.js';
import { FleetValidity } from '../registry/snapshot/fleet-validity.js';
import type { PoolSnapshots } from '../registry/snapshot/pool-snapshots.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { DemandLearning, type LatentView } from './demand-learning.js';
import { Placement, type PlacementContext } from './placement.js';
import { PoolScheduler } from './pool-scheduler.js';

/** What placement needs to know of a request. */
export interface PlacementRequest {
  /** The name of the pool whose backends may serve it. */
  readonly pool: string;
  /** Units of each resource, in the fleet's order. */
  readonly demand: ResourceVector;
  /** The class whose demand is learned; undefined when the demand was given. */
  readonly classId: number | undefined;
  /** Hash of the affinity key; undefined without one. */
  readonly affinity: number | undefined;
  /** The slot of the backend that is preferred to the choice of the policy; -1: none is. */
  readonly stickySlot: number;
}

/**
 * Why a request was not placed. `stale`: the registry has not confirmed for too long which backends are in the fleet.
 * `full`: a backend only lacks room. `none`: no backend can take it.
 */
export type PlacementObstacle = 'stale' | 'full' | 'none';

/** Where a request would be placed. */
export interface PlacementExplanation {
  /** Of the candidates. */
  readonly slots: readonly number[];
  /** The candidates, the best first; undefined when the policy does not score. */
  readonly scored: readonly ScoredCandidate[] | undefined;
  /** The class whose demand for latent resources the scores are computed from; undefined: they are of declared resources. */
  readonly latentClass: number | undefined;
  /** The slots among which the request would go if it explored, the least known first; empty: none explores. */
  readonly explorable: readonly number[];
  /** The slot of the backend that would be chosen; undefined without candidates, or when it cannot be said. */
  readonly chosen: number | undefined;
  /** Why it cannot be said, as a sentence about the policy. */
  readonly unknown: string | undefined;
  /** Whether the backend is chosen because the request is sticky. */
  readonly isSticky: boolean;
  /** Whether resources that some backends lack were left out of the demand, as it is learned. */
  readonly isReduced: boolean;
}

@Injectable()
export class DrfScheduler {
  private readonly context: PlacementContext;
  private readonly policyContext: PolicyContext;
  /** The time of the present decision, monotonic seconds. */
  private now = 0;
  /** By name. Pools that have neither backends nor settings any more are left out at the next change. */
  private readonly pools = new Map<string, PoolScheduler>();
  /** The pool of the last request: with one pool, that of every request. */
  private last: PoolScheduler;
  /** The last snapshots of the registry. */
  private declared: PoolSnapshots;
  /** Why the last request that was not placed was not. */
  obstacle: PlacementObstacle = 'none';

  constructor(
    private readonly registry: Fleet,
    readonly table: LoadTable,
    private readonly learning: DemandLearning,
    private readonly traffic: CurrentTraffic,
    private readonly validity: FleetValidity,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    // With the same seed, all threads would choose the same backends.
    const { DEMAND_SEED: seed } = config;
    const random = seed === undefined ? Math.random : seededRandom(seed + 1 + table.writer);
    this.policyContext = { table, random, clock: () => this.now };
    this.context = { table, row: table.own, learning };
    this.declared = registry.pools;
    learning.useFleet(this.declared.all);
    this.last = this.poolOf(DEFAULT_POOL);
    traffic.listen(() => this.useTraffic());
  }

  /** Creates a placement, which serves one request after another. */
  createPlacement(): Placement {
    return new Placement(this.context);
  }

  /**
   * Step 5, place: chooses a backend and reserves the demand there, in `placement`; false when that is not possible, and
   * {@link obstacle} says why. Backends on `triedSlots` are skipped. The caller reports to the placement how the exchange
   * ended.
   */
  place(request: PlacementRequest, triedSlots: readonly number[], placement: Placement, nowSeconds: number): boolean {
    if (!this.validity.isValidAt(nowSeconds)) return this.refuse('stale');
    const pool = this.enter(request.pool, nowSeconds);
    const { demand, classId } = request;
    if (this.tryPlace(pool, request, demand, triedSlots, placement)) return true;
    // A learned demand may be wrong: it must not keep a request from the backends that lack one of its resources.
    const isReducible = classId !== undefined && !pool.fleet.hasAllResources;
    if (isReducible && this.tryPlace(pool, request, pool.fleet.servableByAll(demand), triedSlots, placement))
      return true;
    const { candidates } = pool;
    return this.refuse(candidates.count === 0 && candidates.isAnyFull ? 'full' : 'none');
  }

  private refuse(obstacle: PlacementObstacle): false {
    this.obstacle = obstacle;
    return false;
  }

  private tryPlace(
    pool: PoolScheduler,
    request: PlacementRequest,
    demand: ResourceVector,
    triedSlots: readonly number[],
    placement: Placement,
  ): boolean {
    const { candidates, fleet, policy } = pool;
    const { affinity, stickySlot } = request;
    if (candidates.fill(fleet, this.table, demand, triedSlots) === 0) return false;
    const { latent: view } = this.learning;
    const classId = view ? classIn(view, request, demand) : request.classId;
    const latent = view && classId !== undefined ? view.demandOf(classId) : NO_LATENT_DEMAND;
    let slot = stickySlot;
    if (stickySlot < 0 || !candidates.hasSlot(stickySlot)) {
      const isLatent = view !== undefined && pool.isLatent;
      const chosen = isLatent ? pool.chooseLatent(view, latent) : policy.choose(candidates, demand, affinity);
      slot = fleet.slots[chosen];
    }
    const backend = this.registry.atSlot(slot);
    if (!backend) return false;
    placement.reserve(backend, { demand, latent, classId }, this.now, policy);
    return true;
  }

  /** The usual latency of a class of requests, seconds; undefined while too few responses were seen. */
  usualSeconds(classId: number): number | undefined {
    return this.learning.usualSeconds(classId);
  }

  /** Whether a backend that is not on `triedSlots` could take a request now. */
  canPlace({ pool, demand }: PlacementRequest, triedSlots: readonly number[]): boolean {
    const nowSeconds = monotonicSeconds();
    if (!this.validity.isValidAt(nowSeconds)) return false;
    const { candidates, fleet } = this.enter(pool, nowSeconds);
    return candidates.fill(fleet, this.table, demand, triedSlots) > 0;
  }

  /** Uses the present fleet from now on: a thread that places nothing is behind. */
  refresh(): void {
    this.enter(this.last.name);
  }

  /** The candidates for a request, and the one that {@link place} would choose. Places nothing. */
  explain(request: PlacementRequest): PlacementExplanation {
    const pool = this.enter(request.pool);
    const { candidates, fleet } = pool;
    let { demand } = request;
    let count = candidates.fill(fleet, this.table, demand, []);
    const isReduced = count === 0 && request.classId !== undefined && !fleet.hasAllResources;
    if (isReduced) {
      demand = fleet.servableByAll(demand);
      count = candidates.fill(fleet, this.table, demand, []);
    }
    const slots = Array.from({ length: count }, (_, at) => fleet.slots[candidates.positions[at]]);
    const { latent: view } = this.learning;
    const latentClass = view && pool.isLatent ? classIn(view, request, demand) : undefined;
    const scored = scoresOf(pool, demand, view, latentClass)?.toSorted((a, b) => a.score - b.score);
    const isLatent = view !== undefined && latentClass !== undefined;
    const explorable = isLatent ? pool.explorable(view, view.demandOf(latentClass)) : [];
    const found = { slots, scored, latentClass, explorable, isReduced, isSticky: false, unknown: undefined };
    if (count === 0) return { ...found, chosen: undefined };
    const { affinity, stickySlot } = request;
    if (stickySlot >= 0 && candidates.hasSlot(stickySlot)) return { ...found, chosen: stickySlot, isSticky: true };
    if (scored) return { ...found, chosen: scored[0].slot };
    const next = pool.foresee(demand, affinity);
    return 'slot' in next ? { ...found, chosen: next.slot } : { ...found, chosen: undefined, unknown: next.unknown };
  }

  /** The pool with a name, up to date. */
  private enter(name: string, now = monotonicSeconds()): PoolScheduler {
    this.now = now;
    const { pools } = this.registry;
    if (pools !== this.declared) this.useSnapshots(pools);
    if (name !== this.last.name) this.last = this.poolOf(name);
    this.last.refresh(now);
    return this.last;
  }

  private poolOf(name: string): PoolScheduler {
    const known = this.pools.get(name);
    if (known) return known;
    const { policy } = this.traffic.settingsOf(name);
    const pool = new PoolScheduler(name, policy, this.declared.of(name), this.registry, this.policyContext);
    this.pools.set(name, pool);
    return pool;
  }

  private useSnapshots(snapshots: PoolSnapshots): void {
    this.declared = snapshots;
    this.learning.useFleet(snapshots.all);
    for (const [name, pool] of this.pools) pool.useSnapshot(snapshots.of(name));
    this.forgetUnused();
  }

  private useTraffic(): void {
    for (const [name, pool] of this.pools) pool.usePolicy(this.traffic.settingsOf(name).policy);
    this.forgetUnused();
  }

  private forgetUnused(): void {
    for (const name of this.pools.keys()) {
      if (!this.traffic.pool(name) && this.declared.of(name).size === 0) this.pools.delete(name);
    }
    this.last = this.poolOf(DEFAULT_POOL);
  }
}

/** The class of a request: that which is learned, or that of requests which declare such a demand. */
function classIn(view: LatentView, { classId, pool }: PlacementRequest, demand: ResourceVector): number {
  return classId ?? view.classOfDeclared(demand, nameInClass(pool));
}

/** The scores of a pool's candidates; undefined when the policy does not score. */
function scoresOf(
  pool: PoolScheduler,
  demand: ResourceVector,
  view: LatentView | undefined,
  latentClass: number | undefined,
): ScoredCandidate[] | undefined {
  if (!view || latentClass === undefined) return pool.policy.explain?.(pool.candidates, demand);
  return pool.explainLatent(view, view.demandOf(latentClass));
}

/** Classes of the default pool have no pool in their name. */
function nameInClass(pool: string): string {
  return pool === DEFAULT_POOL ? '' : pool;
}
