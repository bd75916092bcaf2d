import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Station } from './station.js';
import { VirtualTime } from './virtual-time.fixture.js';

function aStation({ capacity }: { capacity: number }, time = new VirtualTime()) {
  const station = new Station(capacity, time.clock, time.timer);
  const doneAt = new Map<string, number>();
  const serve = (name: string, demand: number) => station.serve(demand, () => doneAt.set(name, time.clock()));
  return { station, time, doneAt, serve };
}

describe('Station', () => {
  it('serves a single job in demand divided by capacity', () => {
    const { time, doneAt, serve } = aStation({ capacity: 20 });
    serve('a', 10);
    time.runOut();
    expect(doneAt).toEqual(new Map([['a', 0.5]]));
  });

  it('shares its capacity equally among the jobs present', () => {
    const { time, doneAt, serve } = aStation({ capacity: 2 });
    serve('long', 6);
    time.moveTo(1); // 4 units left, 1 unit per second each from here
    serve('short', 1);
    time.runOut();
    expect(doneAt).toEqual(
      new Map([
        ['short', 2],
        ['long', 3.5],
      ]),
    );
  });

  it('gives the share of a withdrawn job to the others', () => {
    const { station, time, doneAt, serve } = aStation({ capacity: 2 });
    serve('stays', 4);
    const withdraw = serve('leaves', 4);
    time.moveTo(1);
    withdraw();
    withdraw();
    expect(station.jobCount).toBe(1);
    time.runOut();
    expect(doneAt).toEqual(new Map([['stays', 2.5]]));
  });

  it('accepts the next job from the callback of one that is done', () => {
    const { station, time, doneAt, serve } = aStation({ capacity: 1 });
    station.serve(1, () => void serve('next', 1));
    time.runOut();
    expect(doneAt).toEqual(new Map([['next', 2]]));
    expect(station.jobCount).toBe(0);
  });

  it('ignores the withdrawal of a job that is done', () => {
    const { station, time, doneAt, serve } = aStation({ capacity: 1 });
    const withdraw = serve('a', 1);
    time.runOut();
    withdraw();
    expect(doneAt.has('a')).toBe(true);
    expect(station.jobCount).toBe(0);
  });
});

interface Visit {
  readonly at: number;
  readonly demand: number;
  /** How long the job waits before it is withdrawn, seconds; null: it is never withdrawn. */
  readonly patience: number | null;
}

const visits = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 400 }).map((tick) => tick / 8),
    demand: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
    // The irrational part keeps a withdrawal from coinciding with the end of a job, where either order is right.
    patience: fc.option(fc.integer({ min: 0, max: 200 }).map((tick) => (tick + Math.SQRT1_2) / 8)),
  }),
  { maxLength: 25 },
);

/** When each visit is done, by the plainest simulation: serve all jobs equally until the next event. */
function referenceEnds(plan: readonly Visit[], capacity: number): (number | null)[] {
  const ends = plan.map((): number | null => null);
  const left = plan.map(({ demand }) => demand);
  const leavesAt = ({ at, patience }: Visit) => at + (patience ?? Infinity);
  for (let now = 0; ;) {
    const present = [...plan.keys()].filter((i) => plan[i].at <= now && ends[i] === null && now < leavesAt(plan[i]));
    const done = present.filter((i) => left[i] <= 1e-9);
    for (const i of done) ends[i] = now;
    if (done.length > 0) continue;
    const rate = capacity / present.length;
    const changes = plan.flatMap((visit) => [visit.at, leavesAt(visit)]).filter((at) => at > now);
    const next = Math.min(...changes, ...present.map((i) => now + left[i] / rate));
    if (next === Infinity) return ends;
    for (const i of present) left[i] -= (next - now) * rate;
    now = next;
  }
}

/** When each visit is done at a real station. */
function stationEnds(plan: readonly Visit[], capacity: number, time: VirtualTime): (number | null)[] {
  const station = new Station(capacity, time.clock, time.timer);
  const ends = plan.map((): number | null => null);
  const withdrawals = plan.map(() => (): void => undefined);
  const arrivals = plan.map(({ at, demand }, i) => ({
    at,
    act: () => void (withdrawals[i] = station.serve(demand, () => (ends[i] = time.clock()))),
  }));
  const departures = plan.map(({ at, patience }, i) => ({
    at: at + (patience ?? Infinity),
    act: () => withdrawals[i](),
  }));
  const events = [...arrivals, ...departures].filter(({ at }) => at < Infinity).sort((a, b) => a.at - b.at);
  for (const { at, act } of events) {
    time.moveTo(at);
    act();
  }
  time.runOut();
  return ends;
}

describe('Station, with random jobs', () => {
  const capacity = 3;

  it('completes every job when the plain simulation does', () => {
    fc.assert(
      fc.property(visits, (plan) => {
        const expected = referenceEnds(plan, capacity);
        const ends = stationEnds(plan, capacity, new VirtualTime());
        expect(ends.map((end) => end !== null)).toEqual(expected.map((end) => end !== null));
        for (const [i, end] of ends.entries()) if (end !== null) expect(end).toBeCloseTo(expected[i]!, 6);
      }),
    );
  });

  it('is never later than one late timer, however many timers were late before', () => {
    const patient = visits.map((plan) => plan.map((visit) => ({ ...visit, patience: null })));
    const latenesses = fc.infiniteStream(fc.double({ min: 0, max: 0.5, noNaN: true }));
    fc.assert(
      fc.property(patient, latenesses, (plan, lateness) => {
        const expected = referenceEnds(plan, capacity);
        const ends = stationEnds(plan, capacity, new VirtualTime(() => lateness.next().value!));
        for (const [i, end] of ends.entries()) {
          expect(end).toBeGreaterThan(expected[i]! - 1e-6);
          expect(end).toBeLessThan(expected[i]! + 0.5 + 1e-6);
        }
      }),
    );
  });
});
