// Where a request goes: wires the fleet's snapshot, the load table and the configured policy together.
import {
  Candidates,
  LoadTable,
  Reservation,
  createPolicy,
  seededRandom,
  type LoadRow,
  type PlacementPolicy,
  type ResourceVector,
} from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';

/** A backend chosen for a request, and the demand reserved there. */
export interface Placement {
  readonly backend: Backend;
  readonly reservation: Reservation;
}

@Injectable()
export class DrfScheduler {
  private readonly policy: PlacementPolicy;
  private readonly candidates = new Candidates();
  private readonly row: LoadRow;

  constructor(
    private readonly registry: RegistryService,
    readonly table: LoadTable,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    [this.row] = table.rows;
    const random = config.DEMAND_SEED === undefined ? Math.random : seededRandom(config.DEMAND_SEED + 1);
    this.policy = createPolicy(config.PLACEMENT_POLICY, { table, random });
  }

  /**
   * Chooses a backend for `demand` and reserves it there; undefined when none can take it. Backends on `triedSlots` are
   * passed over. The caller releases the reservation when the exchange ends, however it ends.
   */
  place(demand: ResourceVector, triedSlots: readonly number[] = []): Placement | undefined {
    const { candidates } = this;
    if (candidates.fill(this.registry.snapshot, this.table, demand, triedSlots) === 0) return undefined;
    const slot = candidates.fleet.slots[this.policy.choose(candidates, demand)];
    const backend = this.registry.atSlot(slot);
    return backend && { backend, reservation: new Reservation(this.row, slot, demand) };
  }

  /** Whether any backend could take `demand` now, those on `triedSlots` left aside. */
  canPlace(demand: ResourceVector, triedSlots: readonly number[]): boolean {
    return this.candidates.fill(this.registry.snapshot, this.table, demand, triedSlots) > 0;
  }

  /** Counts an exchange that was answered, and the time from dispatch to the end of the answer. */
  countAnswer(slot: number, latencySeconds: number): void {
    this.row.countAnswer(slot, latencySeconds);
  }

  /** Counts an exchange that failed on a backend. */
  countFailure(slot: number): void {
    this.row.countFailure(slot);
  }
}
