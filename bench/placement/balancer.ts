// One simulated balancer: the library's load table, candidates, policy and reservations, and the view they give it.
import {
  Candidates,
  FleetSnapshot,
  LoadTable,
  Reservation,
  type PlacementPolicy,
  type PolicyContext,
  type ResourceVector,
} from '@fairlead/scheduling';

/** Makes the policy under test. */
export type PolicyFactory = (context: PolicyContext) => PlacementPolicy;

/** How often the speeds that were learned are looked at, seconds; as the balancer's scheduler does it. */
const SPEED_INTERVAL_SECONDS = 1;

/** Row 0 of its table is what it dispatched itself, row 1 what it last heard from the other balancers. */
export class Balancer {
  readonly policy: PlacementPolicy;
  readonly table: LoadTable;
  private readonly candidates = new Candidates();
  /** The fleet at the speeds that were learned. */
  private fleet: FleetSnapshot;
  private speedsSeenAt = 0;

  constructor(
    createPolicy: PolicyFactory,
    private readonly declared: FleetSnapshot,
    private readonly context: Pick<PolicyContext, 'clock' | 'random'>,
    private readonly speedOf?: (slot: number) => number,
  ) {
    const { resourceCount, size } = declared;
    this.fleet = declared;
    this.table = new LoadTable({ resourceCount, slotCount: size, writerCount: 2 });
    this.policy = createPolicy({ table: this.table, ...context });
  }

  /** The position that the policy chooses; -1 when no backend has what the request needs. */
  place(demand: ResourceVector, affinity: number): number {
    if (this.speedOf !== undefined) this.lookAtSpeeds(this.speedOf);
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

  /** Hears what all the others have in flight at this moment. */
  hear(others: readonly Balancer[]): void {
    const [own, heard] = this.table.rows;
    heard.inFlight.fill(0);
    heard.active.fill(0);
    for (const { table } of others) {
      const [row] = table.rows;
      if (row === own) continue;
      row.inFlight.forEach((units, at) => (heard.inFlight[at] += units));
      row.active.forEach((exchanges, at) => (heard.active[at] += exchanges));
    }
  }
}
