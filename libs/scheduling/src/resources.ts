// Amounts of resources as vectors, in the order the fleet's resources are named.

/**
 * Demand is counted in multiples of 2⁻²⁰ of a unit. Sums of such numbers are exact in a double up to 2³³ units, so what
 * a reservation adds and later takes away leaves no rounding behind, in whatever order it happens.
 */
export const DEMAND_QUANTUM = 2 ** -20;

/** An amount per resource, in the fleet's order: units for a demand, units per second for a capacity. */
export type ResourceVector = Float64Array;

/** The names of a fleet's resources. Their order is the order of every {@link ResourceVector}. */
export class ResourceSpace {
  readonly size: number;

  /** @throws {RangeError} when `names` is empty or names a resource twice. */
  constructor(readonly names: readonly string[]) {
    if (names.length === 0) throw new RangeError('a fleet needs at least one resource');
    if (new Set(names).size !== names.length) throw new RangeError(`resources are named twice: ${names.join(', ')}`);
    this.size = names.length;
  }

  /** Names that are not resources of this fleet. */
  unknownNames(amounts: Readonly<Record<string, number>>): string[] {
    return Object.keys(amounts).filter((name) => !this.names.includes(name));
  }

  /** Amounts by name as a vector; a resource without an amount counts as zero. */
  vectorOf(amounts: Readonly<Record<string, number>>): ResourceVector {
    return Float64Array.from(this.names, (name) => (Object.hasOwn(amounts, name) ? amounts[name] : 0));
  }

  /** A vector as amounts by name. */
  amountsOf(vector: ArrayLike<number>): Record<string, number> {
    return Object.fromEntries(this.names.map((name, r) => [name, vector[r]]));
  }
}

/** Rounds a demand to multiples of {@link DEMAND_QUANTUM}, in place; what is above zero stays above zero. */
export function quantise(demand: ResourceVector): ResourceVector {
  for (let r = 0; r < demand.length; r++) {
    if (demand[r] > 0) demand[r] = Math.max(1, Math.round(demand[r] / DEMAND_QUANTUM)) * DEMAND_QUANTUM;
  }
  return demand;
}
