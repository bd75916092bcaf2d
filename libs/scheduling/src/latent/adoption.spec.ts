// A learner that starts with the table of another.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { Adoption } from './adoption.js';
import { POLAR, trueWork } from './latent.fixture.js';
import { LatentLearner } from './latent-learner.js';
import type { LatentTable } from './latent-table.js';

const shape = { classCount: 4, slotCount: 4, rankLimit: 3 };
const aLearner = (seed = 1) => new LatentLearner(shape, seededRandom(seed));
const exactly = (k: number, slot: number) => trueWork(POLAR, k, slot).reduce((sum, work) => sum + work);

/** Serves requests one after the other, on the first `slots` machines. */
function learn(learner: LatentLearner, requests: number, { slots = 3, factor = 1 } = {}): LatentLearner {
  let now = 0;
  for (let i = 0; i < requests; i++) {
    const [k, slot] = [i % 3, Math.floor(i / 3) % slots];
    const stay = learner.start(k, slot, now);
    now += factor * exactly(k, slot);
    learner.end(stay, k, slot, now, true);
    now += 0.05;
    learner.step(now);
  }
  return learner;
}

function work({ demand, slowness, rank }: LatentTable, k: number, slot: number): number {
  let seconds = 0;
  for (let r = 0; r < rank; r++) seconds += demand[k * 3 + r] * slowness[slot * 3 + r];
  return seconds;
}

describe('a learner that adopts the table of another', () => {
  const { table } = learn(aLearner(), 1500);

  it('believes the same at once', () => {
    const learner = aLearner(2);
    expect(learner.adopt(table)).toBe(true);
    for (const k of [0, 1, 2])
      for (const slot of [0, 1, 2]) expect(work(learner.table, k, slot)).toBeCloseTo(work(table, k, slot), 9);
    expect(learner.table.model).toBe(table.model);
    expect(learner.table.slotSamples).toEqual(table.slotSamples.map((samples) => Math.min(50, samples)));
  });

  it('keeps it through its first fits, also of machines that it has not used itself', () => {
    const learner = aLearner(2);
    learner.adopt(table);
    learn(learner, 60, { slots: 1 });
    expect(learner.table.version).toBeGreaterThan(2);
    for (const k of [0, 1, 2])
      for (const slot of [0, 1, 2]) {
        expect(work(learner.table, k, slot) / exactly(k, slot)).toBeGreaterThan(0.7);
        expect(work(learner.table, k, slot) / exactly(k, slot)).toBeLessThan(1.4);
      }
  });

  it('weighs it less and less: by half after 1,000 own samples', () => {
    const weights = (samples: number) => new Adoption(table).beliefsAfter(samples).demandPrior.weights;
    expect(weights(0)[0]).toBe(50);
    expect(weights(1000)[0]).toBeCloseTo(25);
  });

  it('finds out that the table is wrong', () => {
    const learner = aLearner(2);
    learner.adopt(table);
    learn(learner, 6000, { factor: 4 });
    for (const k of [0, 1, 2]) expect(work(learner.table, k, 0) / (4 * exactly(k, 0))).toBeCloseTo(1, 0);
  });

  it('believes none of a class or a machine whose entries are absurd', () => {
    const learner = aLearner(2);
    const samples = Float64Array.of(Infinity, NaN, -1, 1e300);
    const hostile = { ...table, demand: table.demand.slice(), slowness: table.slowness.slice(), classSamples: samples };
    hostile.demand[0] = NaN;
    hostile.demand[3] = 1e300;
    hostile.slowness[0] = -1;
    hostile.slowness[3] = Infinity;
    learner.adopt(hostile);
    for (const counts of [learner.table.classSamples, learner.table.slotSamples])
      expect(counts.every((count) => count >= 0 && count <= 50)).toBe(true);
    learn(learner, 600);
    for (const entries of [learner.table.demand, learner.table.slowness])
      expect(entries.every((entry) => Number.isFinite(entry) && entry > 0)).toBe(true);
    expect(work(learner.table, 0, 0) / exactly(0, 0)).toBeCloseTo(1, 0);
  });

  it('does not take a table of another shape, nor one when it knows better', () => {
    const smaller = new LatentLearner({ ...shape, slotCount: 3 }, seededRandom(1));
    expect(smaller.adopt(table)).toBe(false);
    expect(learn(aLearner(), 100).adopt(table)).toBe(false);
    expect(aLearner().adopt({ ...table, rank: 9 })).toBe(false);
  });
});
