import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { DemandLearner } from './demand-learner.js';
import { MAX_RAISE } from './cost-reports/reported-demand.js';

const CAPACITIES = [
  [30, 6],
  [6, 30],
  [15, 15],
];

/** A learner of a fleet, and a function that serves requests one after the other, at the declared speed or another. */
function aLearner(capacities = CAPACITIES) {
  const resourceCount = capacities[0].length;
  const learner = new DemandLearner({ resourceCount, slotCount: capacities.length });
  learner.useFleet(
    new FleetSnapshot(
      resourceCount,
      capacities.map((capacity, slot) => ({ slot, capacity })),
    ),
  );
  let now = 0;
  const serve = (classId: number, demand: number[], slot: number, speed = 1) => {
    const ticket = learner.dispatched(classId, slot, 0, now);
    now += demand.reduce((sum, units, r) => sum + (units > 0 ? units / capacities[slot][r] / speed : 0), 0);
    learner.completed(ticket, 0, now);
  };
  const estimate = (classId: number) => {
    const out = new Float64Array(resourceCount);
    learner.estimate(classId, out);
    return Array.from(out);
  };
  return { learner, serve, estimate };
}

describe('without any knowledge', () => {
  it('the demand is one unit of each resource', () => {
    const { learner, estimate } = aLearner();
    expect(estimate(3)).toEqual([1, 1]);
    expect(learner.belief(3)).toMatchObject({ source: 'prior', confidence: 0, samples: 0 });
  });
});

describe('inference from latency alone', () => {
  it('recovers the demands of requests that were alone', () => {
    const { learner, serve, estimate } = aLearner();
    for (let i = 0; i < 300; i++) {
      serve(0, [4, 0.5], i % 3);
      serve(1, [0.5, 4], i % 3);
    }
    expect(estimate(0)[0]).toBeCloseTo(4, 1);
    expect(estimate(0)[1]).toBeCloseTo(0.5, 1);
    expect(estimate(1)[1]).toBeCloseTo(4, 1);
    expect(learner.belief(0).source).toBe('inferred');
    expect(learner.belief(0).confidence).toBeGreaterThan(0.9);
  });

  it.each([3, 8])('recovers the demands for %i resources', (resourceCount) => {
    const capacities = Array.from({ length: resourceCount }, (_, s) =>
      Array.from({ length: resourceCount }, (_, r) => (r === s ? 4 : 20)),
    );
    const demand = capacities.map((_, r) => 1 + r);
    const { serve, estimate } = aLearner(capacities);
    for (let i = 0; i < 4000; i++) serve(0, demand, i % resourceCount);
    demand.forEach((units, r) => expect(estimate(0)[r] / units).toBeCloseTo(1, 1));
  });

  it('starts a new class at the mean of the fleet', () => {
    const { serve, estimate } = aLearner();
    for (let i = 0; i < 300; i++) {
      serve(0, [4, 1], i % 3);
      serve(1, [2, 1], i % 3);
    }
    expect(estimate(9)[0]).toBeGreaterThan(2);
    expect(estimate(9)[0]).toBeLessThan(4);
    expect(estimate(9)[1]).toBeCloseTo(1, 0.5);
  });

  it('finds that a class does not need a resource that some backend lacks', () => {
    const { serve, estimate } = aLearner([
      [10, 10, 0],
      [10, 20, 5],
      [10, 5, 50],
      [30, 10, 15],
    ]);
    for (let i = 0; i < 900; i++) serve(0, [3, 2, 0], 1 + (i % 3));
    expect(estimate(0)[2]).toBe(0);
  });

  it('learns nothing from a cancelled request', () => {
    const { learner } = aLearner();
    learner.cancelled(learner.dispatched(0, 0, 0, 0), 0, 99);
    expect(learner.belief(0).source).toBe('prior');
  });
});

describe('reports', () => {
  it('override inference and become the prior of other classes', () => {
    const { learner, serve, estimate } = aLearner();
    for (let i = 0; i < 100; i++) serve(0, [4, 0.5], i % 3);
    for (let i = 0; i < 200; i++) learner.reported(0, [3, 2], i);
    expect(estimate(0)[0]).toBeCloseTo(3, 1);
    expect(estimate(0)[1]).toBeCloseTo(2, 1);
    expect(learner.belief(0)).toMatchObject({ source: 'reported', samples: 200 });
    expect(estimate(1)[1]).toBeCloseTo(2, 1);
  });

  it('are averaged: a plain mean at first', () => {
    const { learner, estimate } = aLearner();
    for (const units of [1, 2, 3, 6]) learner.reported(0, [units, 1], 0);
    expect(estimate(0)[0]).toBeCloseTo(3);
  });

  it('are forgotten over minutes', () => {
    const { learner, estimate } = aLearner();
    for (let second = 0; second < 100; second++) learner.reported(0, [1, 1], second);
    for (let second = 100; second < 2000; second++) learner.reported(0, [4, 1], second);
    expect(estimate(0)[0]).toBeCloseTo(4, 1);
  });

  it('never raise an estimate by more than a bounded factor', () => {
    const report = fc.tuple(
      fc.nat(2),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e3, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(report), (reports) => {
        const { learner, estimate } = aLearner();
        let now = 0;
        for (const [classId, units, passed] of reports) {
          const [before] = estimate(classId);
          const minimum = Math.max(1e-3, 0.01 * estimate(99)[0]);
          learner.reported(classId, [units, 1], (now += passed));
          expect(estimate(classId)[0]).toBeLessThanOrEqual(MAX_RAISE * Math.max(before, minimum) * (1 + 1e-9));
        }
      }),
    );
  });

  it('can restore a resource that was not needed', () => {
    const { learner, estimate } = aLearner();
    for (let i = 0; i < 50; i++) learner.reported(0, [1, 0], i);
    for (let i = 50; i < 4000; i++) learner.reported(0, [1, 2], i);
    expect(estimate(0)[1]).toBeCloseTo(2, 0.5);
  });
});

describe('the speed of a backend', () => {
  it('is found where it differs from the declared speed', () => {
    const { learner, serve } = aLearner();
    for (let i = 0; i < 3000; i++) {
      learner.reported(0, [4, 2], i);
      serve(0, [4, 2], i % 3, [0.7, 1, 1.3][i % 3]);
    }
    expect(learner.speed(0)).toBeCloseTo(0.7, 0.9);
    expect(learner.speed(1)).toBeCloseTo(1, 1);
    expect(learner.speed(2)).toBeCloseTo(1.3, 0.9);
  });

  it('is clamped, and forgotten with the backend', () => {
    const { learner, serve } = aLearner();
    for (let i = 0; i < 3000; i++) {
      learner.reported(0, [4, 2], i);
      serve(0, [4, 2], 0, 0.01);
    }
    expect(learner.speed(0)).toBe(0.5);
    learner.forgetBackend(0);
    expect(learner.speed(0)).toBe(1);
  });
});

describe('a forgotten class', () => {
  it('starts at the prior again', () => {
    const { learner, serve } = aLearner();
    learner.reported(0, [3, 2], 0);
    serve(0, [3, 2], 0);
    learner.forgetClass(0);
    expect(learner.belief(0).source).toBe('prior');
  });
});

describe('a class with very many requests', () => {
  it('is learned from a fraction of its responses, equally well', () => {
    const { learner, estimate } = aLearner();
    let now = 0;
    let learned = 0;
    // Each backend serves one request at a time; together they serve about twelve thousand per second.
    for (let i = 0; i < 30_000; i++) {
      const slot = i % CAPACITIES.length;
      const ticket = learner.dispatched(0, slot, 0, now);
      const seconds = 0.001 / CAPACITIES[slot][0] + 0.002 / CAPACITIES[slot][1];
      now += seconds;
      if (learner.completed(ticket, 0, now)) learned++;
    }
    expect(learned).toBeLessThan(30_000 / 3);
    expect(learned).toBeGreaterThan(200);
    const [compute, storage] = estimate(0);
    expect(compute).toBeCloseTo(0.001, 4);
    expect(storage).toBeCloseTo(0.002, 4);
  });

  it('is known once it was seen, until it is forgotten', () => {
    const { learner, serve } = aLearner();
    expect(learner.knows(0)).toBe(false);
    serve(0, [1, 1], 0);
    expect(learner.knows(0)).toBe(true);
    learner.forgetClass(0);
    expect(learner.knows(0)).toBe(false);
  });
});
