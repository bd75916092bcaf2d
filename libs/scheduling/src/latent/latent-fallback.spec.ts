// The model gives way to a simpler one while it explains latencies badly, and takes over again when it explains them well.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { LatentLearner } from './latent-learner.js';
import type { LatentModelName } from './latent-table.js';

const CLASSES = 40;
const MACHINES = 8;

/** Seconds that a request of a class takes on a machine. */
type Latency = (classId: number, slot: number) => number;

/** A learner of requests that follow one another, and the models that it comes to use, in order. */
function setUp() {
  const learner = new LatentLearner({ classCount: CLASSES, slotCount: MACHINES, rankLimit: 3 }, seededRandom(5));
  const draw = seededRandom(6);
  const models: LatentModelName[] = [learner.table.model];
  let now = 0;
  const serve = (requests: number, latency: Latency): void => {
    for (let i = 0; i < requests; i++) {
      const [classId, slot] = [Math.floor(CLASSES * draw()), Math.floor(MACHINES * draw())];
      const stay = learner.start(classId, slot, now);
      now += latency(classId, slot);
      learner.end(stay, classId, slot, now, true);
      now += 0.1;
      learner.step(now);
      if (learner.table.model !== models.at(-1)) models.push(learner.table.model);
    }
  };
  return { learner, serve, models };
}

/** Each class needs one of two resources, and each machine is good at one of them. */
const byKind: Latency = (classId, slot) => (classId % 2 === slot % 2 ? 0.05 : 0.5);

/** Latencies that have nothing to do with what a request is, where it is served, and what is beside it. */
function byChance(): Latency {
  const random = seededRandom(7);
  return () => 0.1 * 1000 ** (random() - 0.5);
}

describe('LatentLearner', () => {
  it('uses latent resources from the start, and keeps them while they explain latencies', () => {
    const { learner, serve, models } = setUp();
    serve(3000, byKind);
    expect(models).toEqual(['latent']);
    expect(learner.table.loss).toBeLessThan(0.05);
  });

  it('counts requests where nothing explains latencies', () => {
    const { serve, models } = setUp();
    serve(1500, byChance());
    expect(models).toEqual(['latent', 'least-requests']);
  });

  it('falls back when it no longer explains them, and comes back when it does again', () => {
    const { learner, serve, models } = setUp();
    serve(1500, byKind);
    const { loss } = learner.table;
    serve(6000, byChance());
    expect(models).toEqual(['latent', 'least-requests']);
    expect(learner.table.loss).toBeGreaterThan(10 * loss);
    serve(6000, byKind);
    expect(models).toEqual(['latent', 'least-requests', 'latent']);
  });

  it('comes to use attained service where latencies vary too much to show more', () => {
    const { serve, models } = setUp();
    const random = seededRandom(8);
    const cost = (classId: number) => 0.01 * 2 ** (classId % 8);
    serve(6000, (classId) => cost(classId) * 10 ** (2 * random() - 1));
    expect(models).toEqual(['latent', 'least-requests', 'attained-service']);
  });
});
