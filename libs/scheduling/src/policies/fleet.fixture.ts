// Small real fleets for the policy tests.
import { Candidates } from '../candidates.js';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { LoadTable } from '../load/load-table.js';
import { Reservation } from '../load/reservation.js';
import { seededRandom } from '../clock-and-random.js';
import { createPolicy, type PolicyName } from './index.js';

/** A fleet, its load and a policy; `time.now` is its clock, in seconds. */
export function aFleet(policyName: PolicyName, capacities: readonly (readonly number[])[], slots = order(capacities)) {
  const resourceCount = capacities[0].length;
  const table = new LoadTable({ resourceCount, slotCount: capacities.length + 8, writerCount: 2 });
  const snapshot = new FleetSnapshot(
    resourceCount,
    capacities.map((capacity, i) => ({ slot: slots[i], capacity })),
  );
  const candidates = new Candidates();
  const time = { now: 0 };
  const policy = createPolicy(policyName, { table, random: seededRandom(1), clock: () => time.now });
  return {
    table,
    snapshot,
    policy,
    time,
    /** Returns the chosen position without reserving anything. */
    choose(demand: readonly number[], affinity?: number, excludedSlots: readonly number[] = []): number {
      const vector = Float64Array.from(demand);
      candidates.fill(snapshot, table, vector, excludedSlots);
      return policy.choose(candidates, vector, affinity);
    },
    reserve(position: number, demand: readonly number[], thread = 0): Reservation {
      return new Reservation(table.rows[thread], snapshot.slots[position], Float64Array.from(demand));
    },
  };
}

function order(capacities: readonly unknown[]): number[] {
  return capacities.map((_, i) => i);
}
