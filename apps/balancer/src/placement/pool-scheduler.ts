// Placement within one pool: its policy, its backends at their learned speeds, and the candidates of the present decision.
import {
  Candidates,
  DRF_CHOICES,
  DrfPolicy,
  Exploration,
  createPolicy,
  machineSizes,
  policyChance,
  type FleetSnapshot,
  type LatentTable,
  type PlacementPolicy,
  type PolicyContext,
  type PolicyName,
  type ResourceVector,
  type ScoredCandidate,
} from '@fairlead/scheduling';
import type { Fleet } from '../registry/snapshot/fleet.js';
import type { LatentView } from './demand-learning.js';

/** How often the learned speeds are read. */
const SPEED_INTERVAL_SECONDS = 1;

export class PoolScheduler {
  policy: PlacementPolicy;
  readonly candidates = new Candidates();
  /** {@link declared} at the learned speeds, once {@link refresh} was called. */
  fleet: FleetSnapshot;
  private speedsReadAt = -Infinity;
  /** The same backends as {@link fleet}, at the same positions, as they are believed to be. */
  private believed: FleetSnapshot | undefined;
  private believedTable: LatentTable | undefined;
  private latentPolicy: DrfPolicy | undefined;
  private readonly exploration: Exploration;

  constructor(
    readonly name: string,
    private policyName: string,
    private declared: FleetSnapshot,
    private readonly registry: Fleet,
    private readonly context: PolicyContext,
  ) {
    this.fleet = declared;
    this.policy = createPolicy(policyName as PolicyName, context);
    this.exploration = new Exploration(context.random);
  }

  /** Places by another policy from now on. Placements in progress report to the one that chose their backend. */
  usePolicy(name: string): void {
    if (name === this.policyName) return;
    this.policyName = name;
    this.policy = createPolicy(name as PolicyName, this.context);
    this.latentPolicy = undefined;
  }

  /** Whether requests are placed over latent resources, if there are any. */
  get isLatent(): boolean {
    return this.policyName.startsWith('drf');
  }

  /** Returns the position that `drf` chooses of the {@link candidates} over the latent resources. */
  chooseLatent(view: LatentView, demand: ResourceVector): number {
    return this.overLatent(view, (policy) => policy.choose(this.candidates, demand));
  }

  /** Returns the scores over the latent resources. */
  explainLatent(view: LatentView, demand: ResourceVector): ScoredCandidate[] {
    return this.overLatent(view, (policy) => policy.explain(this.candidates, demand));
  }

  /** Returns the slots among which a request that explores would go, the least known first. */
  explorable(view: LatentView, demand: ResourceVector): number[] {
    return this.overLatent(view, (policy) => policy.explorable(this.candidates, demand));
  }

  private overLatent<Result>(view: LatentView, use: (policy: DrfPolicy) => Result): Result {
    const { candidates, context } = this;
    if (this.believedTable !== view.believedTable || !this.believed) this.believe(view.believedTable);
    this.latentPolicy ??= latentPolicyOf(this.policyName, { ...context, exploration: this.exploration });
    const { fleet } = candidates;
    candidates.fleet = this.believed ?? fleet;
    try {
      return use(this.latentPolicy);
    } finally {
      candidates.fleet = fleet;
    }
  }

  private believe(table: LatentTable): void {
    this.believedTable = table;
    this.exploration.useTable(table);
    const { shape, slowness, rank } = table;
    const { rankLimit } = shape;
    const { fleet } = this;
    const parts = Array.from(fleet.slots, (slot) => this.slowStart(slot, this.speedsReadAt));
    const sizes = machineSizes(table, fleet.slots)?.map((size, position) => size * parts[position]);
    this.believed = fleet.withCapacities(rankLimit, sizes ?? fleet.sizes, (slot, position) =>
      // Of resources that are not in use there is no demand.
      Array.from({ length: rankLimit }, (_, r) => (r < rank ? parts[position] / slowness[slot * rankLimit + r] : 1)),
    );
  }

  /**
   * The slot that the policy would choose of the {@link candidates}, of which there are some, or why that cannot be said. A
   * policy of its own is asked, since policies remember what they have chosen.
   */
  foresee(demand: ResourceVector, affinity: number | undefined): { slot: number } | { unknown: string } {
    const { candidates } = this;
    const { slots } = candidates.fleet;
    if (candidates.count === 1) return { slot: slots[candidates.positions[0]] };
    const name = this.policyName as PolicyName;
    const unknown = policyChance(name, affinity);
    if (unknown !== undefined) return { unknown };
    const policy = createPolicy(name, this.context);
    const first = policy.choose(candidates, demand, affinity);
    // Backends that are equally good are taken in turn.
    if (policy.choose(candidates, demand, affinity) === first) return { slot: slots[first] };
    return { unknown: 'it takes backends that are equally good in turn, and each thread has its own turn' };
  }

  /** Takes the backends that may receive requests from now on, at their declared capacity. */
  useSnapshot(snapshot: FleetSnapshot): void {
    if (snapshot === this.declared) return;
    this.declared = snapshot;
    this.fleet = snapshot;
    this.believed = undefined;
    this.speedsReadAt = -Infinity;
  }

  /** Scales the capacities by what is known of the speeds. `now` is monotonic, in seconds. */
  refresh(now: number): void {
    if (now - this.speedsReadAt < SPEED_INTERVAL_SECONDS) return;
    this.speedsReadAt = now;
    const { table } = this.context;
    const before = this.fleet;
    this.fleet = this.declared.atSpeeds((slot) => table.speed(slot) * this.slowStart(slot, now), before);
    // The positions are the same, but not the slow starts.
    if (this.fleet !== before) this.believed = undefined;
  }

  private slowStart(slot: number, now: number): number {
    const backend = this.registry.atSlot(slot);
    return backend ? this.registry.slowStart(backend, now) : 1;
  }
}

/** `drf` over the latent resources. */
function latentPolicyOf(name: string, { table, ...rest }: PolicyContext): DrfPolicy {
  const context = { ...rest, table: table.latent };
  return name === 'drf-sampled' ? new DrfPolicy(context, DRF_CHOICES) : new DrfPolicy(context);
}
