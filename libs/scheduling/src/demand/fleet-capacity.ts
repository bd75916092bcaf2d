// The capacities that demand is learned against, by slot.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';

/** Declared capacities, remembered for backends that have left while answers of theirs are still under way. */
export class FleetCapacity {
  /** Seconds per unit at `slot * resourceCount + r`; 0 where the backend has none of it, or was never seen. */
  private readonly secondsPerUnit: Float64Array;
  /** The mean backend, units per second. */
  readonly mean: ResourceVector;
  /** Whether some backend has none of a resource, so that needing a little of it or nothing is not the same. */
  readonly isLackedBySome: boolean[];

  constructor(
    private readonly resourceCount: number,
    slotCount: number,
  ) {
    this.secondsPerUnit = new Float64Array(slotCount * resourceCount);
    this.mean = new Float64Array(resourceCount).fill(1);
    this.isLackedBySome = Array.from({ length: resourceCount }, () => false);
  }

  /** Membership or capacities have changed. */
  use(fleet: FleetSnapshot): void {
    const { resourceCount } = this;
    for (let r = 0; r < resourceCount; r++) {
      let total = 0;
      this.isLackedBySome[r] = false;
      for (let position = 0; position < fleet.size; position++) {
        const capacity = fleet.capacity[position * resourceCount + r];
        this.secondsPerUnit[fleet.slots[position] * resourceCount + r] = capacity > 0 ? 1 / capacity : 0;
        if (capacity === 0) this.isLackedBySome[r] = true;
        total += capacity;
      }
      this.mean[r] = total > 0 ? total / fleet.size : 1;
    }
  }

  /** Seconds a unit of resource `r` takes on a backend. */
  secondsFor(slot: number, r: number): number {
    return this.secondsPerUnit[slot * this.resourceCount + r];
  }
}
