// A learner that starts with the table of another.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
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
    expect(learner.table.adoptedSlotSamples).toEqual(learner.table.slotSamples);
    expect(learner.table.adoptedClassSamples).toEqual(learner.table.classSamples);
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

  it('weighs what it says of a machine less and less as there are own samples of it, and counts them apart', () => {
    const learner = aLearner(2);
    learner.adopt(table);
    learn(learner, 300, { slots: 1 });
    const { slotSamples, adoptedSlotSamples } = learner.table;
    expect(slotSamples[0] - adoptedSlotSamples[0]).toBeGreaterThan(100);
    expect(adoptedSlotSamples[0]).toBeLessThan(50 / 4);
    expect(Array.from(adoptedSlotSamples.subarray(1, 3))).toEqual([50, 50]);
    expect(Array.from(slotSamples.subarray(1, 3))).toEqual([50, 50]);
  });

  it('keeps it while machines declare what they have, before it has seen anything itself', () => {
    const learner = aLearner(2);
    learner.adopt(table);
    learner.declareMachine(3, [30, 6]);
    learner.step(0);
    for (const k of [0, 1, 2]) expect(work(learner.table, k, 1)).toBeCloseTo(work(table, k, 1), 9);
  });

  it('forgets it of a class or a machine whose number another gets', () => {
    const learner = aLearner(2);
    learner.adopt(table);
    learner.forgetClass(0);
    learner.forgetSlot(1);
    learner.step(0);
    expect(learner.table.classSamples[0]).toBe(0);
    expect(learner.table.slotSamples[1]).toBe(0);
    expect(learner.table.slotSamples[2]).toBeGreaterThan(0);
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

  it('believes no machine to be a thousand times slower than the usual one', () => {
    const learner = aLearner(2);
    const slowness = table.slowness.slice().fill(1e9, 6, 9);
    learner.adopt({ ...table, slowness });
    expect(work(learner.table, 0, 2) / work(table, 0, 1)).toBeGreaterThan(10);
    expect(work(learner.table, 0, 2) / work(table, 0, 1)).toBeLessThan(1e3);
  });

  it('does not take a table of another shape', () => {
    const smaller = new LatentLearner({ ...shape, slotCount: 3 }, seededRandom(1));
    expect(smaller.adopt(table)).toBe(false);
    expect(aLearner().adopt({ ...table, rank: 9 })).toBe(false);
  });
});

/** The same beliefs with the latent resources in another order, and another scale of each. */
function turned(table: LatentTable): LatentTable {
  const { rank } = table;
  const scale = [100, 0.01, 3];
  const turn = (entries: Float64Array, power: number) =>
    entries.map((_, at) => {
      const r = at % 3;
      if (r >= rank) return entries[at];
      return entries[at - r + ((r + 1) % rank)] * scale[r] ** power;
    });
  return { ...table, demand: turn(table.demand, 1), slowness: turn(table.slowness, -1) };
}

it('one wrong claim about a machine does not change the scale of the others', () => {
  const { table } = learn(aLearner(), 1500);
  const learner = aLearner(2);
  learner.adopt({ ...table, slowness: table.slowness.slice().fill(1e-9, 0, 3) });
  // It is said to be the fastest, and is the only one that is used: with the scale of that claim, the others would seem a
  // hundred times as slow. What a request needs of each resource is not known well from one machine.
  learn(learner, 250, { slots: 1 });
  for (const k of [0, 1, 2])
    for (const slot of [0, 1, 2]) {
      const ratio = work(learner.table, k, slot) / exactly(k, slot);
      expect(Math.max(ratio, 1 / ratio), `class ${k} on machine ${slot}`).toBeLessThan(3);
    }
});

describe('a learner that has learned already', () => {
  const { table } = learn(aLearner(), 1500);

  it('takes over what another knows of a machine that it has not used, whatever its order and scale', () => {
    const learner = learn(aLearner(2), 600, { slots: 2 });
    expect(learner.table.rank).toBe(table.rank);
    const before = [0, 1].flatMap((slot) => [0, 1, 2].map((k) => work(learner.table, k, slot)));
    expect(learner.adopt(turned(table))).toBe(true);
    for (const k of [0, 1, 2]) expect(work(learner.table, k, 2) / exactly(k, 2)).toBeCloseTo(1, 0.7);
    expect(learner.table.adoptedSlotSamples[2]).toBe(50);
    const after = [0, 1].flatMap((slot) => [0, 1, 2].map((k) => work(learner.table, k, slot)));
    expect(after).toEqual(before);
    learn(learner, 600, { slots: 2 });
    for (const k of [0, 1, 2]) expect(work(learner.table, k, 2) / exactly(k, 2)).toBeCloseTo(1, 0.7);
  });

  it('takes over more of what it has begun with, when a machine has come that it knew nothing of', () => {
    const learner = aLearner(2);
    learner.adopt({ ...table, slotSamples: Float64Array.of(900, 0, 0, 0) });
    learn(learner, 1, { slots: 1 });
    learner.step(1);
    expect(learner.table.slotSamples[0] - learner.table.adoptedSlotSamples[0]).toBeGreaterThan(0);
    expect(learner.adopt(table)).toBe(true);
    for (const k of [0, 1, 2]) expect(work(learner.table, k, 2) / exactly(k, 2)).toBeCloseTo(1, 0);
  });

  it('forgets what it took over when others know nothing any more', () => {
    const learner = learn(aLearner(2), 600, { slots: 2 });
    learner.adopt(table);
    expect(learner.table.adoptedSlotSamples[2]).toBe(50);
    const nothing = { ...table, classSamples: new Float64Array(4), slotSamples: new Float64Array(4) };
    expect(learner.adopt(nothing)).toBe(true);
    expect(learner.table.slotSamples[2]).toBe(0);
  });

  it('takes nothing from one that disagrees on what both know', () => {
    const learner = learn(aLearner(2), 600, { slots: 2 });
    const slower = { ...table, demand: table.demand.map((units) => 20 * units) };
    expect(learner.adopt(slower)).toBe(false);
    expect(learner.table.adoptedSlotSamples[2]).toBe(0);
  });

  it('takes nothing from one with which it has too little in common', () => {
    const learner = learn(aLearner(2), 600, { slots: 2 });
    const stranger = { ...table, slotSamples: Float64Array.of(0, 0, 900, 900) };
    expect(learner.adopt(stranger)).toBe(false);
  });
});
