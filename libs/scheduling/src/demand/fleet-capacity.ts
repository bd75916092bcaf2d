// The declared capacities that demand is inferred from, by slot.
import type { FleetSnapshot } from '../fleet-snapshot.js';
import type { ResourceVector } from '../resources.js';

/** Declared capacities. Those of departed backends are kept while their last responses are in flight. */
export class FleetCapacity {
  /** Seconds per unit at `slot * resourceCount + r`; 0 where the backend has none of the resource or is unknown. */
  private readonly secondsPerUnit: Float64Array;
  /** Mean capacity of a backend, units per second, by resource; 1 where no backend has any. */
  readonly mean: ResourceVector;
  /** Whether some backend lacks the resource, so that a demand of zero differs from a small one. By resource. */
  readonly isMissingSomewhere: boolean[];

  constructor(
    private readonly resourceCount: number,
    slotCount: number,
  ) {
    this.secondsPerUnit = new Float64Array(slotCount * resourceCount);
    this.mean = new Float64Array(resourceCount).fill(1);
    this.isMissingSomewhere = Array.from({ length: resourceCount }, () => false);
  }

  /** Takes over the declared capacities of a new snapshot. */
  useFleet(fleet: FleetSnapshot): void {
    const { resourceCount } = this;
    for (let r = 0; r < resourceCount; r++) {
      let total = 0;
      this.isMissingSomewhere[r] = false;
      for (let position = 0; position < fleet.size; position++) {
        const capacity = fleet.capacity[position * resourceCount + r];
        this.secondsPerUnit[fleet.slots[position] * resourceCount + r] = capacity > 0 ? 1 / capacity : 0;
        if (capacity === 0) this.isMissingSomewhere[r] = true;
        total += capacity;
      }
      this.mean[r] = total > 0 ? total / fleet.size : 1;
    }
  }

  /** Seconds that one unit of resource `r` takes on a backend; 0 when it has none. */
  secondsFor(slot: number, r: number): number {
    return this.secondsPerUnit[slot * this.resourceCount + r];
  }
}
