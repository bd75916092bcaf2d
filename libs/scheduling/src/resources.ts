// Amounts of resources as vectors, in the order of the fleet's resource names.

/**
 * Demand is counted in multiples of 2⁻²⁰ of a unit. Sums of such numbers are exact in a double up to 2³³ units, so
 * adding and subtracting reservations in any order leaves no rounding error.
 */
export const DEMAND_QUANTUM = 2 ** -20;

/** An amount per resource, in the fleet's order: units for a demand, units per second for a capacity. */
export type ResourceVector = Float64Array;

/** The names of a fleet's resources. Their order is the order of every {@link ResourceVector}. */
export class ResourceSpace {
  /** Number of resources. */
  readonly size: number;

  /** @throws {RangeError} when `names` is empty or has a duplicate. */
  constructor(readonly names: readonly string[]) {
    if (names.length === 0) throw new RangeError('a fleet needs at least one resource name, got none');
    if (new Set(names).size !== names.length)
      throw new RangeError(`resource names must be unique, got ${names.join(', ')}`);
    this.size = names.length;
  }

  /** Returns the names in `amounts` that are not resources of this fleet. */
  unknownNames(amounts: Readonly<Record<string, number>>): string[] {
    return Object.keys(amounts).filter((name) => !this.names.includes(name));
  }

  /** Converts amounts by name to a vector. A missing resource counts as zero. */
  vectorOf(amounts: Readonly<Record<string, number>>): ResourceVector {
    return Float64Array.from(this.names, (name) => (Object.hasOwn(amounts, name) ? amounts[name] : 0));
  }

  /** Converts a vector to amounts by name. */
  amountsOf(vector: ArrayLike<number>): Record<string, number> {
    return Object.fromEntries(this.names.map((name, r) => [name, vector[r]]));
  }
}

/** Rounds a demand to multiples of {@link DEMAND_QUANTUM}, in place, and returns it. Positive amounts stay positive. */
export function quantise(demand: ResourceVector): ResourceVector {
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] > 0) demand[r] = Math.max(1, Math.round(demand[r] / DEMAND_QUANTUM)) * DEMAND_QUANTUM;
  }
  return demand;
}
