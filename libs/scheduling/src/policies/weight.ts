// The size of a backend as one number, for policies that do not look at single resources.
import type { FleetSnapshot } from '../fleet-snapshot.js';

/** Returns the sum of the capacities of the backend at `position`, as an operator would write its weight. */
export function weightOf(fleet: FleetSnapshot, position: number): number {
  let weight = 0;
  for (let r = 0; r < fleet.resourceCount; r++) weight += fleet.capacity[position * fleet.resourceCount + r];
  return weight;
}
