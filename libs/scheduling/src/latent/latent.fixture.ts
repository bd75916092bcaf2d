// Samples of machines whose truth is known.
import { seededRandom, type Random } from '../clock-and-random.js';
import { LatentFactors } from './latent-factors.js';
import { LatentFit } from './latent-fit.js';
import { SampleStore, type Sample } from './sample-store.js';

/** Units of each resource by class, and seconds per unit of each resource by machine. */
export interface Truth {
  readonly demand: readonly (readonly number[])[];
  readonly slowness: readonly (readonly number[])[];
}

/** Two kinds of requests and two kinds of machines that suit one kind each; a third of both in between. */
export const POLAR: Truth = {
  demand: [
    [4, 0.5],
    [0.5, 4],
    [2, 2],
  ],
  slowness: [
    [1 / 30, 1 / 6],
    [1 / 6, 1 / 30],
    [1 / 15, 1 / 15],
  ],
};

/** Seconds of work by resource. */
export function trueWork({ demand, slowness }: Truth, classId: number, slot: number): number[] {
  return demand[classId].map((units, r) => units * slowness[slot][r]);
}

/** A sample without company. */
export function aSample(changes: Partial<Sample> = {}): Sample {
  const seconds = changes.seconds ?? 1;
  return {
    classId: 0,
    slot: 0,
    seconds,
    steadySeconds: seconds,
    beside: new Float64Array(8),
    ahead: new Float64Array(8),
    atSeconds: 0,
    ...changes,
  };
}

/** The true factors as a model of them. */
export function factorsOf({ demand, slowness }: Truth, rankLimit = demand[0].length): LatentFactors {
  const shape = { classCount: demand.length, slotCount: slowness.length, rankLimit };
  const factors = new LatentFactors(shape, demand[0].length);
  demand.forEach((units, k) => factors.demand.set(units, k * rankLimit));
  slowness.forEach((perUnit, s) => factors.slowness.set(perUnit, s * rankLimit));
  return factors;
}

/**
 * Samples whose latency is exactly what the model says of the truth, with up to `company` requests of each class beside
 * them. `order` as in {@link LatentFit}.
 */
export function samplesOf(truth: Truth, count: number, { company = 0, order = 0, seed = 1 } = {}): SampleStore {
  const random = seededRandom(seed);
  const classCount = truth.demand.length;
  const drafts = Array.from({ length: count }, (_, at) => {
    const beside = Float64Array.from({ length: classCount }, () => upTo(company, random));
    return aSample({ classId: at % classCount, slot: upTo(truth.slowness.length - 1, random), beside, ahead: beside });
  });
  const draft = new SampleStore(count);
  for (const sample of drafts) draft.add(sample);
  const fit = new LatentFit(factorsOf(truth), { samples: draft, order });
  const samples = new SampleStore(count);
  drafts.forEach((sample, at) => {
    let seconds = 0;
    // Each prediction is one iteration of the queues' fixed point.
    for (let i = 0; i < 40; i++) seconds = fit.predict(at);
    samples.add({ ...sample, seconds, steadySeconds: seconds });
  });
  return samples;
}

function upTo(most: number, random: Random): number {
  return Math.floor(random() * (most + 1));
}
