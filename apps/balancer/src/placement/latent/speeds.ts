// How fast backends are with what requests need, by a table of beliefs.
import type { LatentTable, ResourceVector } from '@fairlead/scheduling';
import { usualDemand } from './beliefs.js';

/** A speed is at most this multiple of what the backend declares or is assumed to have, and at least the inverse. */
const MAX_SPEED = 16;

/** The speeds of backends by one table. */
export class Speeds {
  /** Units that a request needs on average, by latent resource: a resource counts by how much it is needed. */
  private readonly work: ResourceVector;

  /** @param usual see `usualCapacity`. */
  constructor(
    private readonly table: LatentTable,
    private readonly usual: ArrayLike<number>,
  ) {
    this.work = meanDemand(table);
  }

  /**
   * The believed speed of the backend in a slot as a multiple of `capacity`, which it declares or is assumed to have: the time
   * that the mean request would take with this capacity, by the time that it is believed to take. A resource of which there is
   * none is left out.
   */
  of(slot: number, capacity: ArrayLike<number>): number {
    const { slowness, shape, rank } = this.table;
    let [declaredSeconds, believedSeconds] = [0, 0];
    for (let r = 0; r < rank; r++) {
      const declared = this.declaredSlowness(r, capacity);
      if (declared === Infinity) continue;
      declaredSeconds += this.work[r] * declared;
      believedSeconds += this.work[r] * slowness[slot * shape.rankLimit + r];
    }
    const speed = declaredSeconds / believedSeconds;
    return Number.isNaN(speed) ? 1 : Math.min(MAX_SPEED, Math.max(1 / MAX_SPEED, speed));
  }

  /**
   * Seconds per unit of a latent resource by `capacity`. One that stands for no declared resource, because there are more or
   * fewer of them, is as much faster than usual as the declared ones are on average, in logarithms.
   */
  private declaredSlowness(r: number, capacity: ArrayLike<number>): number {
    const { usual } = this;
    if (this.table.rank >= capacity.length && r < capacity.length) return 1 / capacity[r];
    const logs = Array.from(capacity, (units, declared) => Math.log(usual[declared] / units)).filter(Number.isFinite);
    if (logs.length === 0) return Infinity;
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) / (usual[r] ?? usual[0]);
  }
}

/** The mean demand of all samples; without any, that of the usual class. */
function meanDemand(table: LatentTable): ResourceVector {
  const { demand, classSamples, shape, rank } = table;
  const total = classSamples.reduce((sum, samples) => sum + samples, 0);
  if (total === 0) return usualDemand(table);
  const mean = new Float64Array(shape.rankLimit);
  classSamples.forEach((samples, k) => {
    for (let r = 0; r < rank; r++) mean[r] += (samples / total) * demand[k * shape.rankLimit + r];
  });
  return mean;
}
