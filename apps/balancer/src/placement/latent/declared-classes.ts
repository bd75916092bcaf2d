// Classes of requests that declare their demand: those that declare about the same are one class.
import type { ResourceVector } from '@fairlead/scheduling';

/** Amounts are rounded to this many steps for each factor of two. Demands that are then equal are one class. */
const STEPS_PER_DOUBLING = 4;

/** A class that was given a number. */
interface DeclaredClass {
  readonly name: string;
  readonly classId: number;
}

export class DeclaredClasses {
  /** The classes, by what is declared. */
  private readonly classes = new Map<string, DeclaredClass>();
  /** What a request of the class declared, by class. */
  private readonly demands: (ResourceVector | undefined)[] = [];

  /** @param numberOf the number of a class by its name: the least recently asked for may be given to another class. */
  constructor(
    private readonly resources: readonly string[],
    private readonly numberOf: (name: string) => number,
  ) {}

  /** The number of the class of requests to a pool that declare `demand`, units. */
  classOf(demand: ResourceVector, pool: string): number {
    let key = pool;
    for (let r = 0; r < demand.length; r++) key += `|${stepOf(demand[r])}`;
    const known = this.classes.get(key);
    // Asked again, because one that is in use keeps its number.
    if (known) return this.numberOf(known.name);
    const name = this.nameOf(demand, pool);
    const classId = this.numberOf(name);
    this.classes.set(key, { name, classId });
    this.demands[classId] = demand.slice();
    return classId;
  }

  /** What requests of a class declare, units; undefined for a class that is told apart by something else. */
  demandOf(classId: number): ResourceVector | undefined {
    return this.demands[classId];
  }

  /** Forgets a class whose number will be reused. */
  forget(classId: number): void {
    this.demands[classId] = undefined;
    for (const [key, known] of this.classes) if (known.classId === classId) this.classes.delete(key);
  }

  private nameOf(demand: ResourceVector, pool: string): string {
    const amounts = this.resources.map((name, r) => `${name}=${amountOf(demand[r])}`);
    return `${pool === '' ? '' : `${pool}: `}DECLARED ${amounts.join(' ')}`;
  }
}

function stepOf(units: number): number | '' {
  return units > 0 ? Math.round(STEPS_PER_DOUBLING * Math.log2(units)) : '';
}

/** The amount in the middle of the step, with two digits. */
function amountOf(units: number): number {
  const step = stepOf(units);
  return step === '' ? 0 : Number((2 ** (step / STEPS_PER_DOUBLING)).toPrecision(2));
}
