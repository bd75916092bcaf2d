// How large machines are for the requests that they serve, by what is believed of both.
import type { LatentTable } from './latent-table.js';

/** Classes that are looked at: those with the most samples. */
const MAX_CLASSES = 32;
/** How strongly requests are taken to go where they are served faster. */
const PREFERENCE = 2;

/**
 * Returns the size of the machine in each slot, at most 1: its speed relative to the fastest machine for each class, as a
 * mean over the classes. The mean is weighted by how many requests of a class there are and by how well the machine suits
 * them, because those go there: a machine without a resource is not small for the classes that do not need it. It goes by
 * seconds of work alone, which latency shows, and not by what part of them each latent resource has.
 *
 * @returns undefined while nothing is known of any class.
 */
export function machineSizes(table: LatentTable, slots: ArrayLike<number>): Float64Array | undefined {
  const { classSamples } = table;
  const known = [...classSamples.keys()].filter((k) => classSamples[k] > 0);
  if (known.length === 0) return undefined;
  const classes = known.toSorted((a, b) => classSamples[b] - classSamples[a]).slice(0, MAX_CLASSES);
  const sums = new Float64Array(slots.length);
  const weights = new Float64Array(slots.length);
  for (const k of classes) {
    const seconds = Float64Array.from({ length: slots.length }, (_, at) => workSeconds(table, k, slots[at]));
    const least = Math.min(...seconds);
    for (let at = 0; at < slots.length; at++) {
      const speed = least / seconds[at];
      const weight = classSamples[k] * speed ** PREFERENCE;
      sums[at] += weight * speed;
      weights[at] += weight;
    }
  }
  return sums.map((sum, at) => sum / weights[at]);
}

function workSeconds({ demand, slowness, shape, rank }: LatentTable, classId: number, slot: number): number {
  let seconds = 0;
  for (let r = 0; r < rank; r++)
    seconds += demand[classId * shape.rankLimit + r] * slowness[slot * shape.rankLimit + r];
  return seconds;
}
