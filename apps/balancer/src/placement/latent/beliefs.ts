// What can be said of classes and backends from a table of beliefs.
import { confidence, type FleetSnapshot, type LatentTable, type ResourceVector } from '@fairlead/scheduling';
import type { NamedBelief } from '../demand-learning.js';
import type { Beliefs } from './latent-link.js';

/** Bounds of a backend's speed as a multiple of its declared speed, or of that of the usual backend. */
const MAX_SPEED = 16;

/**
 * The demand of the usual class: the mean of those with samples, in logarithms. Units, by latent resource; 0 for those that
 * are not in use.
 */
export function usualDemand({ demand, classSamples, shape, rank }: LatentTable): ResourceVector {
  const { rankLimit } = shape;
  const usual = new Float64Array(rankLimit);
  let count = 0;
  for (let k = 0; k < shape.classCount; k++) {
    if (classSamples[k] === 0) continue;
    count++;
    for (let r = 0; r < rank; r++) usual[r] += Math.log(demand[k * rankLimit + r]);
  }
  // Without samples all classes are alike.
  return usual.map((sum, r) => (r >= rank ? 0 : count === 0 ? demand[r] : Math.exp(sum / count)));
}

/** What is believed of each class. */
export function beliefsOf(beliefs: Beliefs, resourceCount: number): NamedBelief[] {
  return Array.from(beliefs.numbers.values(), (number) => beliefOf(beliefs, number, resourceCount));
}

/** What is believed of a class. Its demand is in units of the declared resources, as far as these have latent ones. */
function beliefOf({ table, names, reported }: Beliefs, number: number, resourceCount: number): NamedBelief {
  const { demand, classSamples, shape, rank } = table;
  const samples = Math.round(classSamples[number]);
  const first = number * shape.rankLimit;
  const reports = reported[number] ?? 0;
  return {
    name: names[number],
    demand: new Float64Array(resourceCount).map((_, r) => (r < rank ? demand[first + r] : 0)),
    source: reports > 0 ? 'reported' : samples > 0 ? 'inferred' : 'prior',
    confidence: confidence(samples + reports),
    samples: reports > 0 ? reports : samples,
  };
}

/** The believed speed of a backend as a multiple of what its snapshot says: the mean over resources, in logarithms. */
export function speedOf({ slowness, shape, rank }: LatentTable, fleet: FleetSnapshot, position: number): number {
  const { resourceCount, capacity } = fleet;
  const first = fleet.slots[position] * shape.rankLimit;
  let [sum, count] = [0, 0];
  for (let r = 0; r < Math.min(rank, resourceCount); r++) {
    const units = capacity[position * resourceCount + r];
    if (units === 0) continue;
    sum -= Math.log(slowness[first + r] * units);
    count++;
  }
  return count === 0 ? 1 : Math.min(MAX_SPEED, Math.max(1 / MAX_SPEED, Math.exp(sum / count)));
}
