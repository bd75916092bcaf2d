// Placement within one pool: its policy, its backends at their learned speeds, and the candidates of the present decision.
import {
  Candidates,
  createPolicy,
  policyChance,
  type FleetSnapshot,
  type PlacementPolicy,
  type PolicyContext,
  type PolicyName,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { Fleet } from '../registry/snapshot/fleet.js';

/** How often the learned speeds are read. */
const SPEED_INTERVAL_SECONDS = 1;

export class PoolScheduler {
  policy: PlacementPolicy;
  readonly candidates = new Candidates();
  /** {@link declared} at the learned speeds, once {@link refresh} was called. */
  fleet: FleetSnapshot;
  private speedsReadAt = -Infinity;

  constructor(
    readonly name: string,
    private policyName: string,
    private declared: FleetSnapshot,
    private readonly registry: Fleet,
    private readonly context: PolicyContext,
  ) {
    this.fleet = declared;
    this.policy = createPolicy(policyName as PolicyName, context);
  }

  /** Places by another policy from now on. Placements in progress report to the one that chose their backend. */
  usePolicy(name: string): void {
    if (name === this.policyName) return;
    this.policyName = name;
    this.policy = createPolicy(name as PolicyName, this.context);
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
    this.speedsReadAt = -Infinity;
  }

  /** Scales the capacities by what is known of the speeds. `now` is monotonic, in seconds. */
  refresh(now: number): void {
    if (now - this.speedsReadAt < SPEED_INTERVAL_SECONDS) return;
    this.speedsReadAt = now;
    const { table } = this.context;
    this.fleet = this.declared.atSpeeds((slot) => table.speed(slot) * this.slowStart(slot, now), this.fleet);
  }

  private slowStart(slot: number, now: number): number {
    const backend = this.registry.atSlot(slot);
    return backend ? this.registry.slowStart(backend, now) : 1;
  }
}
