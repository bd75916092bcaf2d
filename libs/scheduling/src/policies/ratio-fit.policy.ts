// `ratio-fit`: the rule of the first Fairlead. Matches the shape of request and backend; blind to load.
import type { Candidates } from '../candidates.js';
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';
import { ArgMin } from '../arg-min.js';
import type { PlacementPolicy } from './policy.js';

/** A backend whose ratio error is at most this is accepted at once. */
const MAX_RATIO_ERROR = 0.2;

/**
 * Returns how far the ratio of a backend's first two resources is from the request's: |server − job| / max(server,
 * job). 0 for the same shape, 1 when one of them has none of a resource.
 */
function ratioError(fleet: FleetSnapshot, position: number, demand: ResourceVector): number {
  if (fleet.resourceCount < 2) return 0;
  const at = position * fleet.resourceCount;
  // The ratios are cross-multiplied, so that zero needs no special case: c1/c2 and d1/d2 become c1·d2 and d1·c2.
  const server = fleet.capacity[at] * demand[1];
  const job = demand[0] * fleet.capacity[at + 1];
  const larger = Math.max(server, job);
  return larger === 0 ? 0 : Math.abs(server - job) / larger;
}

/** The first backend in rotation whose ratio is within 20 % of the request's, or else the nearest. O(candidates). */
export class RatioFitPolicy implements PlacementPolicy {
  private readonly argMin = new ArgMin();
  private turn = 0;

  choose({ fleet, positions, count }: Candidates, demand: ResourceVector): number {
    this.turn = (this.turn + 1) % count;
    for (let i = 0; i < count; i++) {
      const position = positions[(this.turn + i) % count];
      const error = ratioError(fleet, position, demand);
      if (error <= MAX_RATIO_ERROR) {
        this.argMin.pop();
        return position;
      }
      this.argMin.offer(position, error);
    }
    return this.argMin.pop();
  }
}
