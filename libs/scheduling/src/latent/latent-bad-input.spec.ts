// Whatever it is fed, the learner believes in finite numbers above 0, and drift over them is finite.
import { array, assert, constantFrom, double, integer, oneof, property, record, type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { drift } from '../policies/drift.js';
import { LatentLearner } from './latent-learner.js';
import type { LatentTable } from './latent-table.js';
import type { Stay } from './neighbour-meter.js';

const RANK_LIMIT = 3;

/** Checks the table, and the drift of each class on each machine, idle and with a thousand requests of its class. */
function expectSound(table: LatentTable): void {
  const { shape, rank, demand, slowness } = table;
  for (const entries of [demand, slowness]) {
    expect(entries.every((entry) => Number.isFinite(entry) && entry > 0)).toBe(true);
  }
  for (const weights of [table.classSamples, table.slotSamples]) {
    expect(weights.every((weight) => Number.isFinite(weight) && weight >= 0)).toBe(true);
  }
  expect(table.exploration).toBeGreaterThan(0);
  expect(table.exploration).toBeLessThanOrEqual(0.01);
  const fleet = new FleetSnapshot(
    rank,
    Array.from({ length: shape.slotCount }, (_, slot) => ({
      slot,
      capacity: Array.from({ length: rank }, (__, r) => 1 / slowness[slot * RANK_LIMIT + r]),
    })),
  );
  for (let k = 0; k < shape.classCount; k++) {
    const units = demand.slice(k * RANK_LIMIT, k * RANK_LIMIT + rank);
    for (let slot = 0; slot < shape.slotCount; slot++) {
      for (const company of [0, 1000]) {
        const backlog = Array.from(units, (u, r) => company * u * slowness[slot * RANK_LIMIT + r]);
        expect(Number.isFinite(drift(backlog, fleet, slot, units))).toBe(true);
      }
    }
  }
}

function aLearner(classCount: number, slotCount: number): LatentLearner {
  return new LatentLearner({ classCount, slotCount, rankLimit: RANK_LIMIT }, seededRandom(9));
}

/** One request after the other; each has the class, machine and seconds that `next` says. */
function served(learner: LatentLearner, count: number, next: (i: number) => [number, number, number]): LatentLearner {
  let now = 0;
  for (let i = 0; i < count; i++) {
    const [classId, slot, seconds] = next(i);
    const stay = learner.start(classId, slot, now);
    now += seconds;
    learner.end(stay, classId, slot, now, true);
    now += 0.05;
    learner.step(now);
  }
  return learner;
}

function work({ demand, slowness, rank }: LatentTable, classId: number, slot: number): number {
  let seconds = 0;
  for (let r = 0; r < rank; r++) seconds += demand[classId * RANK_LIMIT + r] * slowness[slot * RANK_LIMIT + r];
  return seconds;
}

describe('the latent model', () => {
  it('treats machines that are all identical alike', () => {
    const { table } = served(aLearner(3, 4), 2000, (i) => [i % 3, (i * 7) % 4, 0.1 * (1 + (i % 3))]);
    expectSound(table);
    for (const k of [0, 1, 2]) {
      const seconds = [0, 1, 2, 3].map((slot) => work(table, k, slot));
      expect(Math.max(...seconds) / Math.min(...seconds)).toBeLessThan(1.1);
    }
  });

  it('works with one machine and one class', () => {
    const { table } = served(aLearner(1, 1), 500, () => [0, 0, 0.2]);
    expectSound(table);
    expect(work(table, 0, 0)).toBeCloseTo(0.2, 2);
  });

  it('holds 1,000 classes that were each seen twice', () => {
    const { table } = served(aLearner(1000, 5), 2000, (i) => [i % 1000, i % 5, 0.1]);
    expectSound(table);
    expect(table.classSamples.every((samples) => samples > 0)).toBe(true);
  });

  it('takes the mean of a class whose cost is bimodal', () => {
    const random = seededRandom(4);
    const { table } = served(aLearner(2, 2), 4000, (i) => [
      i % 2,
      (i >> 1) % 2,
      i % 2 === 0 && random() < 0.3 ? 2 : 0.1,
    ]);
    expectSound(table);
    // The mean is 0.67; a sample counts as at most eight times its prediction.
    expect(work(table, 0, 0)).toBeGreaterThan(0.45);
    expect(work(table, 0, 0)).toBeLessThan(0.9);
    expect(work(table, 1, 0)).toBeLessThan(0.2);
  });

  it.each([
    ['no time at all', 0],
    ['a nanosecond', 1e-9],
    ['hours', 2e4],
  ])('stays finite when every response takes %s', (_, seconds) => {
    expectSound(served(aLearner(3, 3), 600, (i) => [i % 3, (i >> 2) % 3, seconds]).table);
  });

  it('stays finite when responses take from a nanosecond to hours', () => {
    const random = seededRandom(8);
    const { table } = served(aLearner(3, 3), 3000, (i) => [i % 3, (i >> 2) % 3, 10 ** (14 * random() - 9)]);
    expectSound(table);
  });

  it('knows classes with one sample and machines with none', () => {
    const { table } = served(aLearner(40, 10), 40, (i) => [i, i % 3, 0.1 + 0.01 * i]);
    expectSound(table);
    expect(table.slotSamples.slice(3).every((samples) => samples === 0)).toBe(true);
  });

  it('is not thrown off by a machine that declares absurd numbers', () => {
    const learner = aLearner(3, 3);
    learner.declareMachine(0, [1e300, 1e-300]);
    learner.declareMachine(1, [NaN, Infinity]);
    learner.declareMachine(2, [-5, 0, 3, 7, 9]);
    learner.declareDemand(0, [NaN, Infinity, -1], NaN);
    learner.declareDemand(1, [1e300, 1e-300], Infinity);
    expectSound(learner.table);
    expectSound(served(learner, 1500, (i) => [i % 3, (i >> 2) % 3, 0.1]).table);
  });

  it.each([1e-300, 1e-3, 0, 1e3, 1e300, -1, NaN, Infinity])(
    'is moved little by reports of %d times the cost that latencies show',
    (factor) => {
      const learner = aLearner(3, 3);
      for (const slot of [0, 1, 2]) learner.declareMachine(slot, [10]);
      for (const k of [0, 1, 2]) learner.declareDemand(k, [1 + 4 * k], 500);
      const { table } = served(learner, 1200, (i) => {
        if (i === 600) learner.declareDemand(0, [factor], 500);
        return [i % 3, (i >> 2) % 3, 0.1 * (1 + 4 * (i % 3))];
      });
      expectSound(table);
      expect(table.model).not.toBe('least-requests');
      for (const slot of [0, 1, 2]) {
        expect(work(table, 0, slot)).toBeGreaterThan(0.1 / 1.5);
        expect(work(table, 0, slot)).toBeLessThan(0.1 * 1.5);
      }
    },
  );

  type Call =
    | { readonly does: 'start'; readonly classId: number; readonly slot: number }
    | { readonly does: 'end'; readonly which: number; readonly isAnswered: boolean }
    | { readonly does: 'end of nothing'; readonly classId: number; readonly slot: number }
    | { readonly does: 'pass'; readonly seconds: number }
    | { readonly does: 'declare machine'; readonly slot: number; readonly units: (number | undefined)[] }
    | { readonly does: 'declare demand'; readonly classId: number; readonly units: number[]; readonly samples: number }
    | { readonly does: 'report utilization'; readonly slot: number; readonly utilization: number[] }
    | { readonly does: 'forget'; readonly what: 'class' | 'slot' | 'flights'; readonly which: number };

  const id = integer({ min: 0, max: 3 });
  const anything = oneof(double(), constantFrom(0, -1, NaN, Infinity, -Infinity, 1e308, 5e-324, 1, 10));
  const seconds = oneof(
    constantFrom(0, 5e-324, 1e-12, 1e-9, 1e-3, 0.1, 1, 3600, 1e9),
    double({ min: 0, max: 10, noNaN: true }),
  );
  const call: Arbitrary<Call> = oneof(
    { arbitrary: record({ does: constantFrom('start' as const), classId: id, slot: id }), weight: 30 },
    {
      arbitrary: record({
        does: constantFrom('end' as const),
        which: integer({ min: 0, max: 99 }),
        isAnswered: constantFrom(true, true, true, false),
      }),
      weight: 30,
    },
    { arbitrary: record({ does: constantFrom('pass' as const), seconds }), weight: 20 },
    { arbitrary: record({ does: constantFrom('end of nothing' as const), classId: id, slot: id }), weight: 1 },
    {
      arbitrary: record({
        does: constantFrom('declare machine' as const),
        slot: id,
        units: array(anything, { maxLength: 5 }),
      }),
      weight: 1,
    },
    {
      arbitrary: record({
        does: constantFrom('declare demand' as const),
        classId: id,
        units: array(anything, { maxLength: 5 }),
        samples: anything,
      }),
      weight: 1,
    },
    {
      arbitrary: record({
        does: constantFrom('report utilization' as const),
        slot: id,
        utilization: array(anything, { maxLength: 5 }),
      }),
      weight: 3,
    },
    {
      arbitrary: record({
        does: constantFrom('forget' as const),
        what: constantFrom('class' as const, 'slot' as const, 'flights' as const),
        which: id,
      }),
      weight: 1,
    },
  );

  it('is finite and above 0 after any calls', () => {
    assert(
      property(array(call, { minLength: 150, maxLength: 900, size: 'max' }), (calls) => {
        const learner = aLearner(4, 4);
        const flights: { readonly classId: number; readonly slot: number; readonly stay: Stay | undefined }[] = [];
        let now = 0;
        for (const each of calls) {
          if (each.does === 'start') {
            flights.push({ ...each, stay: learner.start(each.classId, each.slot, now) });
          } else if (each.does === 'end') {
            const [ended] = flights.splice(each.which % Math.max(1, flights.length), 1);
            if (ended) learner.end(ended.stay, ended.classId, ended.slot, now, each.isAnswered);
          } else if (each.does === 'end of nothing') {
            learner.end(undefined, each.classId, each.slot, now, true);
          } else if (each.does === 'pass') {
            now += each.seconds;
          } else if (each.does === 'declare machine') {
            learner.declareMachine(each.slot, each.units as number[]);
          } else if (each.does === 'declare demand') {
            learner.declareDemand(each.classId, each.units, each.samples);
          } else if (each.does === 'report utilization') {
            learner.reportUtilization(each.slot, each.utilization);
          } else if (each.what === 'class') learner.forgetClass(each.which);
          else if (each.what === 'slot') learner.forgetSlot(each.which);
          else learner.forgetFlights();
          if (learner.step(now)) expectSound(learner.table);
        }
        expectSound(learner.table);
      }),
      { numRuns: 40 },
    );
  });
});
