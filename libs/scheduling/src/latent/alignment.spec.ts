// The meaning of a latent resource outlives a fit.
import { describe, expect, it } from 'vitest';
import { alignOrder, alignScale } from './alignment.js';
import { POLAR, factorsOf, type Truth } from './latent.fixture.js';

const swapped = (truth: Truth): Truth => ({
  demand: truth.demand.map((units) => units.toReversed()),
  slowness: truth.slowness.map((perUnit) => perUnit.toReversed()),
});

const known = (truth: Truth) => {
  const factors = factorsOf(truth, 3);
  factors.classSamples.fill(1);
  factors.slotSamples.fill(1);
  return factors;
};

describe('alignOrder', () => {
  it('puts resources that changed places back', () => {
    const factors = known(swapped(POLAR));
    alignOrder(factors, known(POLAR));
    expect(factors.demand).toEqual(known(POLAR).demand);
    expect(factors.slowness).toEqual(known(POLAR).slowness);
  });

  it('leaves resources that did not', () => {
    const factors = known(POLAR);
    alignOrder(factors, known(POLAR));
    expect(factors.demand).toEqual(known(POLAR).demand);
  });

  it('judges by shares of the work, whatever the scale', () => {
    const factors = known(swapped(POLAR));
    for (let at = 0; at < factors.demand.length; at += 3) factors.demand[at] *= 1e6;
    for (let at = 0; at < factors.slowness.length; at += 3) factors.slowness[at] /= 1e6;
    alignOrder(factors, known(POLAR));
    expect(factors.demand[1]).toBeCloseTo(POLAR.demand[0][1] * 1e6);
  });
});

describe('alignScale', () => {
  it('brings the mean slowness to the usual one, and leaves the work of every class on every machine', () => {
    const factors = known(POLAR);
    const work = (of: typeof factors) => [0, 1, 2].map((k) => of.workSeconds(k, 1, 1));
    const before = work(factors);
    alignScale(factors, [Math.log(1e-3), Math.log(5)]);
    const means = [0, 1].map((r) =>
      Math.exp([0, 1, 2].reduce((sum, s) => sum + Math.log(factors.slowness[s * 3 + r]) / 3, 0)),
    );
    expect(means[0]).toBeCloseTo(1e-3, 9);
    expect(means[1]).toBeCloseTo(5, 9);
    work(factors).forEach((seconds, k) => expect(seconds).toBeCloseTo(before[k], 9));
  });

  it('counts only machines with samples, so that a new one does not move the others', () => {
    const [all, some] = [known(POLAR), known(POLAR)];
    some.slotSamples[2] = 0;
    some.slowness.fill(1e6, 6);
    const usual = [Math.log(1 / 30), 0];
    alignScale(all, usual);
    alignScale(some, usual);
    expect(some.slowness[0]).not.toBeCloseTo(1e-3, 4);
    expect(some.slowness[0] / some.slowness[3]).toBeCloseTo(all.slowness[0] / all.slowness[3], 9);
  });

  it('leaves factors without any samples', () => {
    const factors = factorsOf(POLAR, 3);
    alignScale(factors, [0, 0]);
    expect(factors.slowness).toEqual(factorsOf(POLAR, 3).slowness);
  });
});
