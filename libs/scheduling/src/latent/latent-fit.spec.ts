// The fit finds the truth where the samples hold it.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { LatentFactors } from './latent-factors.js';
import { LatentFit, type FitContext } from './latent-fit.js';
import { POLAR, aSample, factorsOf, samplesOf, trueWork, type Truth } from './latent.fixture.js';
import { SampleStore } from './sample-store.js';

/** Fits factors of a rank, from random ones. */
function fitted(truth: Truth, context: FitContext, { rank = 2, steps = 600, seed = 3 } = {}): LatentFactors {
  const factors = new LatentFactors(
    { classCount: truth.demand.length, slotCount: truth.slowness.length, rankLimit: 3 },
    rank,
  );
  factors.setMeanWork(context.samples);
  const random = seededRandom(seed);
  for (const entries of [factors.demand, factors.slowness])
    for (let at = 0; at < entries.length; at++) entries[at] *= Math.exp(random() - 0.5);
  const fit = new LatentFit(factors, context);
  for (let step = 0; step < steps; step++) fit.step();
  fit.finish();
  return factors;
}

/** The largest error of a request's total work, as a part of it. */
function worstError(truth: Truth, factors: LatentFactors): number {
  const errors = truth.demand.flatMap((_, k) =>
    truth.slowness.map((__, slot) => {
      const exact = trueWork(truth, k, slot).reduce((sum, w) => sum + w);
      let found = 0;
      for (let r = 0; r < factors.rank; r++) found += factors.workSeconds(k, slot, r);
      return Math.abs(found / exact - 1);
    }),
  );
  return Math.max(...errors);
}

describe('LatentFit', () => {
  it('finds the work of each class on each machine', () => {
    const samples = samplesOf(POLAR, 1000);
    expect(worstError(POLAR, fitted(POLAR, { samples, order: 0 }))).toBeLessThan(0.03);
  });

  it('finds which part of it each resource has, from the company that slows it down', () => {
    const samples = samplesOf(POLAR, 2000, { company: 3 });
    const factors = fitted(POLAR, { samples, order: 0 });
    expect(worstError(POLAR, factors)).toBeLessThan(0.03);
    const shares = [0, 1].map((r) => factors.workSeconds(0, 0, r)).toSorted((a, b) => a - b);
    const exact = trueWork(POLAR, 0, 0).toSorted((a, b) => a - b);
    shares.forEach((share, i) => expect(share / exact[i]).toBeCloseTo(1, 1));
  });

  it('finds the same of machines that serve in order, where one waits for the work of those ahead', () => {
    const samples = samplesOf(POLAR, 2000, { company: 3, order: 1 });
    expect(worstError(POLAR, fitted(POLAR, { samples, order: 1 }))).toBeLessThan(0.2);
  });

  it('is left alone by factors that are already right', () => {
    const samples = samplesOf(POLAR, 1000, { company: 2 });
    const factors = factorsOf(POLAR);
    const fit = new LatentFit(factors, { samples, order: 0 });
    for (let step = 0; step < 20; step++) fit.step();
    expect(worstError(POLAR, factors)).toBeLessThan(0.05);
    expect(factors.loss).toBeLessThan(5e-4);
  });

  it('takes a class without samples to be like the mean of the classes, and a machine too', () => {
    const truth: Truth = { demand: [[1], [4], [9]], slowness: [[0.1], [0.4], [0.9]] };
    const all = samplesOf(truth, 900);
    all.forgetClass(2);
    all.forgetSlot(2);
    const factors = fitted(truth, { samples: all, order: 0 }, { rank: 1 });
    const geometricMean = Math.sqrt(factors.demand[0] * factors.demand[3]);
    expect(factors.demand[6] / geometricMean).toBeCloseTo(1, 3);
    expect(factors.slowness[6] / Math.sqrt(factors.slowness[0] * factors.slowness[3])).toBeCloseTo(1, 3);
    expect([factors.classSamples[2], factors.slotSamples[2]]).toEqual([0, 0]);
  });

  it('draws a class with one sample towards the mean, and one with many not', () => {
    const samples = new SampleStore(1000);
    for (let i = 0; i < 300; i++) samples.add(aSample({ classId: 0, seconds: 1 }));
    for (let i = 0; i < 300; i++) samples.add(aSample({ classId: 1, seconds: 1 }));
    samples.add(aSample({ classId: 2, seconds: 8 }));
    const factors = fitted({ demand: [[1], [1], [1]], slowness: [[1]] }, { samples, order: 0 }, { rank: 1 });
    const [many, , one] = [0, 1, 2].map((k) => factors.workSeconds(k, 0, 0));
    expect(many).toBeCloseTo(1, 1);
    expect(one).toBeGreaterThan(1.2);
    expect(one).toBeLessThan(7);
  });

  it('is moved little by one stall of an hour', () => {
    const samples = samplesOf(POLAR, 1000);
    samples.add(aSample({ classId: 0, slot: 0, seconds: 3600 }));
    expect(worstError(POLAR, fitted(POLAR, { samples, order: 0 }))).toBeLessThan(0.15);
  });

  it('follows what is new: the older half of the samples counts half', () => {
    const samples = new SampleStore(8000);
    for (let i = 0; i < 4000; i++) samples.add(aSample({ seconds: 1 }));
    for (let i = 0; i < 4000; i++) samples.add(aSample({ seconds: 2 }));
    const factors = fitted({ demand: [[1]], slowness: [[1]] }, { samples, order: 0 }, { rank: 1 });
    // 4,000 samples are two half-lives: weights 1 : ¼.
    expect(factors.workSeconds(0, 0, 0)).toBeCloseTo((2 + 0.25) / 1.25, 1);
  });

  it('forgets with time too: an hour of rest counts as two half-lives', () => {
    const samples = new SampleStore(400);
    for (let i = 0; i < 200; i++) samples.add(aSample({ seconds: 1, atSeconds: 0 }));
    for (let i = 0; i < 200; i++) samples.add(aSample({ seconds: 2, atSeconds: 3600 }));
    const factors = fitted({ demand: [[1]], slowness: [[1]] }, { samples, order: 0 }, { rank: 1 });
    expect(factors.workSeconds(0, 0, 0)).toBeGreaterThan(1.75);
  });

  it('believes a prior as far as its weight goes', () => {
    const work = (weight: number) => {
      const samples = new SampleStore(100);
      for (let i = 0; i < 10; i++) samples.add(aSample({ classId: 0, seconds: 1 }));
      const demandPrior = { values: Float64Array.of(4, 0, 0), weights: Float64Array.of(weight) };
      const slownessPrior = { values: Float64Array.of(1, 0, 0), weights: Float64Array.of(1e6) };
      const truth: Truth = { demand: [[1]], slowness: [[1]] };
      return fitted(truth, { samples, order: 0, demandPrior, slownessPrior }, { rank: 1 }).workSeconds(0, 0, 0);
    };
    expect(work(0)).toBeCloseTo(1, 1);
    expect(work(10)).toBeCloseTo(2.5, 0);
    expect(work(1000)).toBeGreaterThan(3.9);
  });
});
