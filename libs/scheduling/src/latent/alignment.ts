// Keeps the meaning of latent resources from one fit to the next, so that what is in flight keeps its meaning too.
import type { LatentFactors } from './latent-factors.js';

/**
 * Reorders the resources of `factors` so that each resembles the same one of `former`: the sum over classes and machines
 * with samples of the products of their shares of a request's work is largest. O(classes × machines × rank²), and rank!.
 */
export function alignOrder(factors: LatentFactors, former: LatentFactors): void {
  const order = bestOrder(factors, former);
  permute(factors.demand, factors.shape.rankLimit, order);
  permute(factors.slowness, factors.shape.rankLimit, order);
}

/** The resource of `factors` that resembles each one of `former`. */
export function bestOrder(factors: LatentFactors, former: LatentFactors): readonly number[] {
  const { rank } = factors;
  const likeness = likenessOf(factors, former);
  let best: readonly number[] = [];
  let most = -1;
  for (const order of permutations(rank)) {
    const total = order.reduce((sum, from, r) => sum + likeness[from][r], 0);
    if (total > most) [best, most] = [order, total];
  }
  return best;
}

/**
 * Scales the resources of `factors` so that the mean slowness of the machines with samples, in logarithms, is `usual` by
 * resource. What a request needs of a machine stays the same.
 */
export function alignScale(factors: LatentFactors, usual: ArrayLike<number>): void {
  const { demand, slowness, slotSamples, rank, shape } = factors;
  const { rankLimit } = shape;
  for (let r = 0; r < rank; r++) {
    let [sum, count] = [0, 0];
    for (let slot = 0; slot < shape.slotCount; slot++) {
      if (slotSamples[slot] === 0) continue;
      sum += Math.log(slowness[slot * rankLimit + r]);
      count++;
    }
    if (count === 0) continue;
    const factor = Math.exp(sum / count - usual[r]);
    for (let slot = 0; slot < shape.slotCount; slot++) slowness[slot * rankLimit + r] /= factor;
    for (let k = 0; k < shape.classCount; k++) demand[k * rankLimit + r] *= factor;
  }
}

function likenessOf(a: LatentFactors, b: LatentFactors): number[][] {
  const { rank, shape, classSamples, slotSamples } = a;
  const likeness = Array.from({ length: rank }, () => Array.from({ length: rank }, () => 0));
  const shares = new Float64Array(rank);
  const formerShares = new Float64Array(rank);
  for (let k = 0; k < shape.classCount; k++) {
    if (classSamples[k] === 0) continue;
    for (let slot = 0; slot < shape.slotCount; slot++) {
      if (slotSamples[slot] === 0) continue;
      writeShares(a, k, slot, shares);
      writeShares(b, k, slot, formerShares);
      likeness.forEach((row, p) => formerShares.forEach((share, q) => (row[q] += shares[p] * share)));
    }
  }
  return likeness;
}

/** Writes the part of a request's work that each resource has. */
function writeShares(factors: LatentFactors, classId: number, slot: number, out: Float64Array): void {
  let total = 0;
  for (let r = 0; r < out.length; r++) total += out[r] = factors.workSeconds(classId, slot, r);
  for (let r = 0; r < out.length; r++) out[r] /= total;
}

function permutations(length: number): number[][] {
  if (length === 0) return [[]];
  return permutations(length - 1).flatMap((rest) =>
    Array.from({ length }, (_, at) => [...rest.slice(0, at), length - 1, ...rest.slice(at)]),
  );
}

function permute(entries: Float64Array, rankLimit: number, order: readonly number[]): void {
  const own = new Float64Array(order.length);
  for (let first = 0; first < entries.length; first += rankLimit) {
    for (let r = 0; r < order.length; r++) own[r] = entries[first + order[r]];
    entries.set(own, first);
  }
}
