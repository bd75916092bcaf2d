// Converts between a table of beliefs, which numbers classes and machines, and a share, which has their names and ids.
import {
  type LatentTable,
  type MergedShares,
  type Share,
  type SharedEntry,
  type SharedTable,
} from '@fairlead/scheduling';

/** Which number each class and each machine has in a table. */
export interface Numbering {
  /** The numbers of classes, by name. */
  readonly classes: ReadonlyMap<string, number>;
  /** The slots of machines, by id. */
  readonly machines: ReadonlyMap<string, number>;
}

/** What a table says of the classes and machines of which anything is known, adopted or not. */
export function sharedBeliefs(balancer: string, table: LatentTable, { classes, machines }: Numbering): Share {
  const { rank, shape } = table;
  const entriesOf = (numbers: ReadonlyMap<string, number>, values: Float64Array, samples: Float64Array) => {
    const entries = new Map<string, SharedEntry>();
    for (const [name, number] of numbers) {
      const first = number * shape.rankLimit;
      if (samples[number] > 0) {
        entries.set(name, { values: Array.from(values.subarray(first, first + rank)), samples: samples[number] });
      }
    }
    return entries;
  };
  return {
    balancer,
    rank,
    classes: entriesOf(classes, table.demand, table.classSamples),
    machines: entriesOf(machines, table.slowness, table.slotSamples),
  };
}

/** What was merged, with the numbers of a table. Names without a number are left out. */
export function numberedBeliefs(merged: MergedShares, { shape }: LatentTable, numbering: Numbering): SharedTable {
  const { rank } = merged;
  const demand = new Float64Array(shape.classCount * shape.rankLimit);
  const slowness = new Float64Array(shape.slotCount * shape.rankLimit);
  const classSamples = new Float64Array(shape.classCount);
  const slotSamples = new Float64Array(shape.slotCount);
  const fill = (
    numbers: ReadonlyMap<string, number>,
    entries: ReadonlyMap<string, SharedEntry>,
    values: Float64Array,
    samples: Float64Array,
  ) => {
    for (const [name, number] of numbers) {
      const entry = entries.get(name);
      if (!entry) continue;
      values.set(entry.values, number * shape.rankLimit);
      samples[number] = entry.samples;
    }
  };
  fill(numbering.classes, merged.classes, demand, classSamples);
  fill(numbering.machines, merged.machines, slowness, slotSamples);
  return { shape, rank, demand, slowness, classSamples, slotSamples };
}

/** Whether the merged shares know a class or machine of which the table knows nothing. */
export function isMissing(merged: MergedShares, table: LatentTable, { classes, machines }: Numbering): boolean {
  const misses = (
    numbers: ReadonlyMap<string, number>,
    entries: ReadonlyMap<string, SharedEntry>,
    samples: Float64Array,
  ) => [...numbers].some(([name, number]) => samples[number] === 0 && entries.has(name));
  return misses(classes, merged.classes, table.classSamples) || misses(machines, merged.machines, table.slotSamples);
}
