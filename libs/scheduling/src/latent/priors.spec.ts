// What is believed before any sample.
import { describe, expect, it } from 'vitest';
import { LatentFactors } from './latent-factors.js';
import { Priors } from './priors.js';

const shape = { classCount: 3, slotCount: 3, rankLimit: 3 };

function written(priors: Priors, rank = 2): LatentFactors {
  const factors = new LatentFactors(shape, rank);
  priors.write(factors);
  return factors;
}

/** Seconds of work that a class is for each resource of a machine. */
function work(factors: LatentFactors, classId: number, slot: number): number[] {
  return Array.from({ length: factors.rank }, (_, r) => factors.workSeconds(classId, slot, r));
}

describe('Priors', () => {
  it('take all machines and classes to be alike while nothing is declared', () => {
    const factors = written(new Priors(shape));
    for (const k of [0, 1, 2])
      for (const slot of [0, 1, 2]) expect(work(factors, k, slot)).toEqual(work(factors, 0, 0));
  });

  it('take a declared machine at its word: twice the capacity, half the seconds', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 40]);
    priors.declareMachine(1, [20, 20]);
    const factors = written(priors);
    const [first, second] = [work(factors, 0, 0), work(factors, 0, 1)];
    expect(first[0] / second[0]).toBeCloseTo(2);
    expect(first[1] / second[1]).toBeCloseTo(0.5);
  });

  it('take a machine that declares nothing to be the mean of those that do', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 40]);
    priors.declareMachine(1, [40, 10]);
    const { slowness } = written(priors);
    expect(slowness[6]).toBeCloseTo(1 / 20);
    expect(slowness[7]).toBeCloseTo(1 / 20);
  });

  it('believe a machine with none of a declared resource to be very slow at it, and not infinitely', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 0]);
    priors.declareMachine(1, [10, 10]);
    const { slowness } = written(priors);
    expect(slowness[1] / slowness[4]).toBeGreaterThan(10);
    expect(slowness.every(Number.isFinite)).toBe(true);
  });

  it('give a latent resource that nobody declares a small part of the work', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10]);
    const [declared, hidden] = work(written(priors), 0, 0);
    expect(hidden / declared).toBeLessThan(0.1);
    expect(hidden).toBeGreaterThan(0);
  });

  it('take what a class declares as its demand', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 10]);
    priors.declareDemand(1, [3, 6], 5);
    expect(work(written(priors), 1, 0)).toEqual([expect.closeTo(0.3), expect.closeTo(0.6)]);
  });

  it('have nothing to say to a model with fewer resources than are declared', () => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 10]);
    expect(priors.beliefsAt(1)).toEqual({});
    expect(priors.beliefsAt(2).slownessPrior?.weights[0]).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', undefined],
    ['zeros', [0, 0]],
  ])('forget a machine that now declares %s', (_, capacity) => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, 40]);
    priors.declareMachine(0, capacity);
    expect(priors.isAnyMachineDeclared).toBe(false);
    expect(written(priors).slowness).toEqual(written(new Priors(shape)).slowness);
  });

  it.each([NaN, Infinity, -Infinity, -5])('learn nothing of a resource of which %d is declared', (absurd) => {
    const priors = new Priors(shape);
    priors.declareMachine(0, [10, absurd]);
    priors.declareMachine(1, [10, 40]);
    priors.declareDemand(0, [3, absurd], 5);
    const { slowness, demand } = written(priors);
    expect(slowness[1]).toBeCloseTo(1 / 40);
    expect([demand[0], demand[1]]).toEqual([3, demand[4]]);
  });

  it('forget a class whose number is reused', () => {
    const priors = new Priors(shape);
    priors.declareDemand(1, [3, 6], 5);
    priors.forgetClass(1);
    expect(work(written(priors), 1, 0)).toEqual(work(written(priors), 0, 0));
  });
});
