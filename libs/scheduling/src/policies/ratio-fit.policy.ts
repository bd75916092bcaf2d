// `ratio-fit`: the rule of the first Fairlead. Matches the shape of request and machine, and is blind to load.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import type { PlacementPolicy } from './policy.js';

/** A machine this close to the request's ratio is good enough. */
const GOOD_ENOUGH = 0.2;

/**
 * How far the ratio of the first two resources of a backend is from the request's: |server − job| / max(server, job),
 * 0 for the same shape, 1 when one of them has none of a resource.
 */
export function ratioError(fleet: FleetSnapshot, position: number, demand: ResourceVector): number {
  if (fleet.resourceCount < 2) return 0;
  const at = position * fleet.resourceCount;
  // The ratios cross-multiplied, so that a zero needs no special case: c1/c2 against d1/d2 becomes c1·d2 against d1·c2.
  const server = fleet.capacity[at] * demand[1];
  const job = demand[0] * fleet.capacity[at + 1];
  const larger = Math.max(server, job);
  return larger === 0 ? 0 : Math.abs(server - job) / larger;
}

/** The first backend in turn whose ratio is within 20 % of the request's, else the nearest. O(candidates). */
export class RatioFitPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();
  private turn = 0;

  choose({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    this.turn = (this.turn + 1) % count;
    for (let i = 0; i < count; i++) {
      const position = positions[(this.turn + i) % count];
      const error = ratioError(fleet, position, demand);
      if (error <= GOOD_ENOUGH) {
        this.argMin.pop();
        return position;
      }
      this.argMin.offer(position, error);
    }
    return this.argMin.pop();
  }
}
