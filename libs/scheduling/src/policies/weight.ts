// The one number that stands for a backend's size, for policies that know no more of it than that.
import type { FleetSnapshot } from '../fleet-snapshot.js';

/** Sum of the capacities of the backend at `position`: what an operator would write as its weight. */
export function weightOf(fleet: FleetSnapshot, position: number): number {
  let weight = 0;
  for (let r = 0; r < fleet.resourceCount; r++) weight += fleet.capacity[position * fleet.resourceCount + r];
  return weight;
}
