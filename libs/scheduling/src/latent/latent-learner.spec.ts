// What the learner believes after what it has seen, and how it gets from one belief to the next.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { POLAR, trueWork, type Truth } from './latent.fixture.js';
import { LatentLearner } from './latent-learner.js';
import type { LatentTable } from './latent-table.js';

const RANK_LIMIT = 3;

/** A learner and the clock of its requests, which follow one another. */
function setUp(classCount = 4, slotCount = 4) {
  const learner = new LatentLearner({ classCount, slotCount, rankLimit: RANK_LIMIT }, seededRandom(5));
  let now = 0;
  const send = (classId: number, slot: number, seconds: number, isAnswered = true): void => {
    const stay = learner.start(classId, slot, now);
    now += seconds;
    learner.end(stay, classId, slot, now, isAnswered);
    now += 0.05;
    learner.step(now);
  };
  const learn = (truth: Truth, requests: number, factor = 1): void => {
    for (let i = 0; i < requests; i++) {
      const [k, slot] = [i % truth.demand.length, Math.floor(i / truth.demand.length) % truth.slowness.length];
      send(k, slot, factor * trueWork(truth, k, slot).reduce((sum, work) => sum + work));
    }
  };
  return { learner, send, learn, step: () => learner.step(now) };
}

/** Seconds of work that a request is on a machine. */
function believed({ demand, slowness, rank }: LatentTable, classId: number, slot: number): number {
  let seconds = 0;
  for (let r = 0; r < rank; r++) seconds += demand[classId * RANK_LIMIT + r] * slowness[slot * RANK_LIMIT + r];
  return seconds;
}

/** Begins the next fit: it is in the middle of the model that is in use, the last one, when this returns. */
function startFit(learner: LatentLearner): void {
  for (let i = 0; i < 35; i++) expect(learner.step(1e4, () => true)).toBe(false);
}

const exactly = (classId: number, slot: number) => trueWork(POLAR, classId, slot).reduce((sum, work) => sum + work);

describe('LatentLearner', () => {
  it('goes on learning however often it has to forget what is in flight', () => {
    const { learner } = setUp();
    for (let i = 0; i < 2000; i++) {
      learner.start(0, 0, i / 10);
      if (i % 10 === 9) learner.forgetFlights();
    }
    expect(learner.start(0, 0, 1e3)).toBeDefined();
  });

  it('goes on learning beside more tunnels than it measures', () => {
    const { learner } = setUp();
    const tunnels = Array.from({ length: 2000 }, (_, i) => learner.start(0, 0, i / 10));
    const stay = learner.start(1, 1, 300);
    expect(stay).toBeDefined();
    learner.end(stay, 1, 1, 300.5, true);
    for (const tunnel of tunnels) learner.end(tunnel, 0, 0, 400, false);
    learner.step(500);
    learner.step(501);
    expect(Math.round(learner.table.classSamples[1])).toBe(1);
  });

  it('does not believe of a new machine what a fit has found that began with the former one', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 600);
    const [usual, slow] = [believed(learner.table, 0, 2), believed(learner.table, 0, 1)];
    expect(slow).toBeGreaterThan(2 * usual);
    startFit(learner);
    learner.forgetSlot(1);
    while (!learner.step(1e4, () => true));
    expect(learner.table.slotSamples[1]).toBe(0);
    expect(believed(learner.table, 0, 1)).toBeLessThan(0.8 * slow);
  });

  it('believes in what a machine declares while a fit is going on', () => {
    const { learner, learn } = setUp();
    POLAR.slowness.forEach((slowness, slot) => learner.declareMachine(slot, [1 / slowness[0], 1 / slowness[1]]));
    learn(POLAR, 600);
    startFit(learner);
    learner.declareMachine(3, [60, 60]);
    while (!learner.step(1e4, () => true));
    expect(believed(learner.table, 2, 2) / believed(learner.table, 2, 3)).toBeGreaterThan(3);
  });

  it('takes all requests and machines to be alike at first', () => {
    const { table } = setUp().learner;
    const figures = [0, 1, 2, 3].flatMap((k) => [0, 1, 2, 3].map((slot) => believed(table, k, slot)));
    expect(new Set(figures).size).toBe(1);
    expect(table.exploration).toBe(0.01);
  });

  it('believes in what a machine declares that joins later, compared with the others', () => {
    const { learner, learn, step } = setUp();
    POLAR.slowness.forEach((slowness, slot) => learner.declareMachine(slot, [1 / slowness[0], 1 / slowness[1]]));
    learn(POLAR, 600);
    const usual = believed(learner.table, 2, 2);
    learner.declareMachine(3, [60, 60]);
    expect(step()).toBe(true);
    // The third machine declares 15.
    expect(usual / believed(learner.table, 2, 3)).toBeGreaterThan(3);
    expect(usual / believed(learner.table, 2, 3)).toBeLessThan(5);
  });

  it('believes that a machine is as the others are if it is the only one to declare something', () => {
    const { learner, learn, step } = setUp();
    learn(POLAR, 600);
    const usual = believed(learner.table, 2, 3);
    learner.declareMachine(3, [6000, 6000]);
    step();
    expect(believed(learner.table, 2, 3)).toBeCloseTo(usual, 9);
  });

  it('believes in what machines declare at first', () => {
    const { learner } = setUp();
    learner.declareMachine(0, [10, 10]);
    learner.declareMachine(1, [20, 20]);
    expect(learner.step(0)).toBe(true);
    expect(believed(learner.table, 0, 0) / believed(learner.table, 0, 1)).toBeCloseTo(2, 1);
  });

  it('finds the work of each class on each machine', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 900);
    for (const k of [0, 1, 2])
      for (const slot of [0, 1, 2]) expect(believed(learner.table, k, slot) / exactly(k, slot)).toBeCloseTo(1, 0.7);
    expect(learner.table.model).toBe('latent');
    expect(learner.table.loss).toBeLessThan(0.1);
  });

  it('takes a class or a machine without samples to be like the others', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 900);
    const all = [0, 1, 2].flatMap((k) => [0, 1, 2].map((slot) => believed(learner.table, k, slot)));
    for (const unseen of [believed(learner.table, 3, 0), believed(learner.table, 0, 3)]) {
      expect(unseen).toBeGreaterThan(Math.min(...all));
      expect(unseen).toBeLessThan(Math.max(...all));
    }
    expect([learner.table.classSamples[3], learner.table.slotSamples[3]]).toEqual([0, 0]);
  });

  it('explores less and less as it sees more', () => {
    const { learner, learn } = setUp(4, 3);
    const [first] = [learner.table.exploration];
    learn(POLAR, 60);
    const early = learner.table.exploration;
    learn(POLAR, 3000);
    expect(early).toBeLessThan(first);
    expect(learner.table.exploration).toBeLessThan(early);
    expect(learner.table.exploration).toBeGreaterThanOrEqual(0.001);
  });

  it('learns nothing from requests that failed', () => {
    const { learner, send } = setUp();
    for (let i = 0; i < 300; i++) send(i % 3, i % 4, 1, false);
    expect(learner.table.version).toBe(1);
  });

  it('follows a fleet that becomes three times as slow', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 900);
    learn(POLAR, 9000, 3);
    expect(believed(learner.table, 0, 0) / exactly(0, 0)).toBeGreaterThan(2.2);
  });

  it('forgets a machine whose slot another gets', () => {
    const { learner, learn, send } = setUp();
    learn(POLAR, 900);
    learner.forgetSlot(0);
    for (let i = 0; i < 600; i++) send(i % 3, 1 + (i % 2), exactly(i % 3, 1 + (i % 2)));
    expect(learner.table.slotSamples[0]).toBe(0);
    // Its shape was extreme; now it is that of the others.
    expect(believed(learner.table, 1, 0) / exactly(1, 0)).toBeLessThan(0.9);
  });

  it('forgets a class whose number another gets', () => {
    const { learner, learn, send } = setUp();
    learn(POLAR, 900);
    learner.forgetClass(0);
    for (let i = 0; i < 600; i++) send(1 + (i % 2), i % 3, exactly(1 + (i % 2), i % 3));
    expect(learner.table.classSamples[0]).toBe(0);
  });

  it('keeps what a resource means from one table to the next', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 1200);
    const before = learner.table;
    learn(POLAR, 900);
    expect(learner.table.version).toBeGreaterThan(before.version);
    for (const slot of [0, 1, 2])
      for (let r = 0; r < before.rank; r++) {
        const at = slot * RANK_LIMIT + r;
        expect(Math.abs(Math.log(learner.table.slowness[at] / before.slowness[at]))).toBeLessThan(0.5);
      }
  });

  it('leaves a published table alone', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 300);
    const { table } = learner;
    const copy = structuredClone(table);
    learn(POLAR, 900);
    expect(table).toEqual(copy);
  });

  it('learns from a single response when no others come', () => {
    const { learner } = setUp();
    learner.end(learner.start(0, 0, 1), 0, 0, 1.25, true);
    expect(learner.step(1.3)).toBe(false);
    expect(learner.step(2)).toBe(true);
    expect(learner.table.classSamples[0]).toBe(1);
    expect(believed(learner.table, 0, 0)).toBeCloseTo(0.25, 1);
    expect(learner.step(60)).toBe(false);
  });

  it('learns from a few more responses later', () => {
    const { learner, learn } = setUp();
    learn(POLAR, 100);
    learner.step(900);
    const { version } = learner.table;
    learner.end(learner.start(3, 3, 1000), 3, 3, 1002, true);
    expect(learner.step(1003)).toBe(false);
    expect(learner.step(1020)).toBe(true);
    expect(learner.table.version).toBe(version + 1);
    expect(believed(learner.table, 3, 3)).toBeGreaterThan(1);
  });

  it('stops when its time is up, and goes on with the same fit later', () => {
    const { learner } = setUp();
    for (let i = 0; i < 40; i++) learner.end(learner.start(0, 0, i), 0, 0, i + 0.5, true);
    let steps = 0;
    let calls = 0;
    while (!learner.step(40, () => ++steps % 10 === 0)) calls++;
    expect(calls).toBeGreaterThan(3);
    expect(learner.table.version).toBe(2);
    expect(believed(learner.table, 0, 0)).toBeCloseTo(0.5, 1);
  });
});
