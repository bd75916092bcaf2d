// What can be said of classes and backends from a table of beliefs.
import { confidence, type LatentTable, type ResourceVector } from '@fairlead/scheduling';
import type { Knowledge, NamedBelief } from '../demand-learning.js';
import type { Beliefs } from './latent-link.js';

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

/** Amounts of the latent resources in use, by name: `latent-1` is the first. */
export function latentAmounts(amounts: ArrayLike<number>, rank: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: rank }, (_, r) => [`latent-${r + 1}`, amounts[r]]));
}

/** What is believed of each class. `usual`: see {@link usualCapacity}. */
export function beliefsOf(beliefs: Beliefs, usual: ResourceVector): NamedBelief[] {
  return Array.from(beliefs.numbers.values(), (number) => beliefOf(beliefs, number, usual));
}

/**
 * What is believed of a class. Its demand is in units of the declared resources: as it was reported, or else by
 * {@link unitsOfDeclared}.
 */
function beliefOf(beliefs: Beliefs, number: number, usual: ResourceVector): NamedBelief {
  const { table, names, reported } = beliefs;
  const { shape, rank } = table;
  const { samples, adoptedSamples } = knowledgeOf(table.classSamples[number], table.adoptedClassSamples[number]);
  const report = reported[number];
  const reports = report?.reports ?? 0;
  const demand = table.demand.slice(number * shape.rankLimit, (number + 1) * shape.rankLimit).fill(0, rank);
  return {
    name: names[number],
    demand: report ? Float64Array.from(report.units) : unitsOfDeclared(demand, rank, usual),
    latent: latentAmounts(demand, rank),
    source: reports > 0 ? 'reported' : samples + adoptedSamples > 0 ? 'inferred' : 'prior',
    confidence: confidence(samples + adoptedSamples + reports),
    samples: reports > 0 ? reports : samples,
    adoptedSamples,
  };
}

/**
 * A demand for latent resources in units of the declared ones in whose place they are. With fewer of them nothing shows which
 * declared ones are needed: the work is an equal part of each.
 *
 * @param demand 0 for latent resources that are not in use.
 * @param usual see {@link usualCapacity}.
 */
export function unitsOfDeclared(demand: ResourceVector, rank: number, usual: ResourceVector): ResourceVector {
  const { length: size } = usual;
  if (rank >= size) return demand.slice(0, size);
  const seconds = usualSeconds(demand, usual).reduce((sum, each) => sum + each, 0);
  return usual.map((units) => (units * seconds) / size);
}

/** How much is known from `samples`, of which `adopted` stand for what was adopted. */
export function knowledgeOf(samples: number, adopted: number): Knowledge {
  const [own, others] = [Math.round(samples - adopted), Math.round(adopted)];
  return { samples: own, adoptedSamples: others, confidence: confidence(own + others) };
}

/** What is believed of the backend in a slot: seconds per unit by latent resource, and how certain that is. */
export function machineBelief(
  table: LatentTable,
  slot: number,
): Knowledge & { readonly slowness: Record<string, number> } {
  const { slowness, shape, rank } = table;
  const own = slowness.subarray(slot * shape.rankLimit, (slot + 1) * shape.rankLimit);
  return {
    slowness: latentAmounts(own, rank),
    ...knowledgeOf(table.slotSamples[slot], table.adoptedSlotSamples[slot]),
  };
}

/**
 * The capacity of the usual backend: the geometric mean of those that are declared, by resource, zeros left out; 1 where
 * none is declared. This is the scale of the latent resources.
 */
export function usualCapacity(
  declared: readonly (ArrayLike<number> | undefined)[],
  resourceCount: number,
): ResourceVector {
  return Float64Array.from({ length: resourceCount }, (_, r) => {
    const present = declared.map((capacity) => capacity?.[r] ?? 0).filter((units) => units > 0);
    return Math.exp(present.reduce((sum, units) => sum + Math.log(units) / present.length, 0));
  });
}

/**
 * How long the usual backend works on amounts of resources, declared or latent: units of different resources cannot be
 * compared, seconds can. A latent resource that stands for no declared one has the scale of the first.
 *
 * @param usual see {@link usualCapacity}.
 */
export function usualSeconds(units: ArrayLike<number>, usual: ArrayLike<number>): number[] {
  return Array.from(units, (amount, r) => amount / (usual[r] ?? usual[0]));
}
