// One simulated balancer: the load table, candidates, policy and reservations of libs/scheduling.
import {
  Candidates,
  FleetSnapshot,
  LoadTable,
  Reservation,
  type PlacementPolicy,
  type PolicyContext,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { DemandModel } from './demand-model.js';

/** Creates the policy under test. */
export type PolicyFactory = (context: PolicyContext) => PlacementPolicy;

/** How often learned speeds are applied, seconds; the same as in the balancer's scheduler. */
const SPEED_INTERVAL_SECONDS = 1;

/** Row 0 of its table is its own load, row 1 the load last received from the other balancers. */
export class Balancer {
  readonly policy: PlacementPolicy;
  readonly table: LoadTable;
  private readonly candidates = new Candidates();
  /** The fleet, scaled by the learned speeds. */
  private fleet: FleetSnapshot;
  private speedsSeenAt = 0;

  constructor(
    createPolicy: PolicyFactory,
    private readonly declared: FleetSnapshot,
    private readonly context: Pick<PolicyContext, 'clock' | 'random'>,
    private readonly model: Pick<DemandModel, 'speedOf' | 'fleet' | 'exploration'>,
  ) {
    const { size } = declared;
    const { exploration } = model;
    this.fleet = model.fleet ?? declared;
    const { resourceCount } = this.fleet;
    this.table = new LoadTable({ resourceCount, slotCount: size, writerCount: 2 });
    this.policy = createPolicy({ table: this.table, ...context, ...(exploration && { exploration }) });
  }

  /** The position that the policy chooses; -1 when no backend has the resources the request needs. */
  place(demand: ResourceVector, affinity: number): number {
    const { speedOf, fleet } = this.model;
    if (speedOf !== undefined) this.lookAtSpeeds(speedOf);
    if (fleet !== undefined) this.fleet = fleet;
    const feasible = this.candidates.fill(this.fleet, this.table, demand, []);
    return feasible === 0 ? -1 : this.policy.choose(this.candidates, demand, affinity);
  }

  private lookAtSpeeds(speedOf: (slot: number) => number): void {
    const now = this.context.clock();
    if (now - this.speedsSeenAt < SPEED_INTERVAL_SECONDS) return;
    this.speedsSeenAt = now;
    this.fleet = this.declared.atSpeeds(speedOf, this.fleet);
  }

  reserve(slot: number, demand: ResourceVector): Reservation {
    return new Reservation(this.table.rows[0], slot, demand);
  }

  /** Receives the current in-flight load of all other balancers. */
  hear(others: readonly Balancer[]): void {
    for (let slot = 0; slot < this.declared.size; slot++) this.hearOf(slot, others);
  }

  /** The same of one backend. */
  hearOf(slot: number, others: readonly Balancer[]): void {
    const [own, heard] = this.table.rows;
    const { resourceCount } = this.table.shape;
    const [first, end] = [slot * resourceCount, (slot + 1) * resourceCount];
    heard.inFlight.fill(0, first, end);
    heard.active[slot] = 0;
    for (const { table } of others) {
      const [row] = table.rows;
      if (row === own) continue;
      for (let at = first; at < end; at++) heard.inFlight[at] += row.inFlight[at];
      heard.active[slot] += row.active[slot];
    }
  }
}
