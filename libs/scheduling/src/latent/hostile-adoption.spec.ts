// Whatever others claim, a learner believes what it sees itself in the end, and nothing impossible on the way there.
import { describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../clock-and-random.js';
import { POLAR, trueWork } from './latent.fixture.js';
import { LatentLearner } from './latent-learner.js';
import type { LatentTable } from './latent-table.js';

const shape = { classCount: 4, slotCount: 4, rankLimit: 3 };
const exactly = (k: number, slot: number) => trueWork(POLAR, k, slot).reduce((sum, work) => sum + work);
const PAIRS = [0, 1, 2].flatMap((k) => [0, 1, 2].map((slot) => [k, slot] as const));
/** Of each class on each machine, before what is believed is compared. */
const REQUESTS = 3000;
/** How far what is believed may be from what is believed without any claim. */
const MAX_DIFFERENCE = 0.15;

/** Sends requests one after the other, and calls `during` before each. */
function learn(learner: LatentLearner, during: (request: number) => void = () => {}): LatentTable {
  let now = 0;
  for (let i = 0; i < REQUESTS; i++) {
    during(i);
    const [k, slot] = PAIRS[i % PAIRS.length];
    const stay = learner.start(k, slot, now);
    now += exactly(k, slot);
    learner.end(stay, k, slot, now, true);
    now += 0.05;
    if (learner.step(now)) expectSound(learner.table);
  }
  return learner.table;
}

function expectSound({ demand, slowness, ...rest }: LatentTable): void {
  const { classSamples, slotSamples, adoptedClassSamples, adoptedSlotSamples } = rest;
  for (const entries of [demand, slowness]) {
    expect(entries.every((entry) => entry > 1e-31 && entry < 1e31)).toBe(true);
  }
  for (const counts of [classSamples, slotSamples])
    expect(counts.every((count) => count >= 0 && count < 1e4)).toBe(true);
  for (const counts of [adoptedClassSamples, adoptedSlotSamples]) {
    expect(counts.every((count) => count >= 0 && count <= 50)).toBe(true);
  }
}

function work({ demand, slowness, rank }: LatentTable, k: number, slot: number): number {
  let seconds = 0;
  for (let r = 0; r < rank; r++) seconds += demand[k * 3 + r] * slowness[slot * 3 + r];
  return seconds;
}

/** Claims between credible and absurd: within a factor, with some that are no numbers. */
function claim(random: Random, factor: number): LatentTable {
  const absurd = [NaN, Infinity, -1, 0, 1e300, 1e-300];
  const entry = () => (random() < 0.03 ? absurd[Math.floor(random() * absurd.length)] : factor ** (2 * random() - 1));
  const entries = () => Float64Array.from({ length: 12 }, entry);
  const samples = () => Float64Array.from({ length: 4 }, () => (random() < 0.2 ? entry() : 1e9));
  const rest = { version: 1, model: 'latent', loss: 0, formerLoss: NaN, exploration: 0 } as const;
  const empty = { adoptedClassSamples: new Float64Array(4), adoptedSlotSamples: new Float64Array(4) };
  const rank = 1 + Math.floor(3 * random());
  const counts = { classSamples: samples(), slotSamples: samples() };
  return { ...rest, ...empty, ...counts, shape, rank, demand: entries(), slowness: entries() };
}

describe.each([3, 1e3, 1e9])('claims within a factor of %d', (factor) => {
  const alone = learn(new LatentLearner(shape, seededRandom(1)));
  const expectAsAlone = (table: LatentTable) => {
    for (const [k, slot] of PAIRS) {
      const ratio = work(table, k, slot) / work(alone, k, slot);
      expect(Math.abs(Math.log(ratio)), `class ${k} on machine ${slot}: ${ratio}`).toBeLessThan(MAX_DIFFERENCE);
    }
  };

  it('at the start change nothing in the end', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const learner = new LatentLearner(shape, seededRandom(1));
      learner.adopt(claim(seededRandom(seed), factor));
      expectSound(learner.table);
      expectAsAlone(learn(learner));
    }
  });

  it('again and again change nothing in the end', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const learner = new LatentLearner(shape, seededRandom(1));
      const random = seededRandom(seed);
      expectAsAlone(
        learn(learner, (request) => {
          if (request % 50 === 0) learner.adopt(claim(random, factor));
        }),
      );
    }
  });
});
