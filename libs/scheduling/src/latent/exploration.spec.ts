// Exploration by itself, and with the policy and the learner: what is believed of a machine does not decide its fate.
import { describe, expect, it } from 'vitest';
import { Candidates } from '../candidates.js';
import { seededRandom } from '../clock-and-random.js';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { LoadTable } from '../load/load-table.js';
import { Reservation } from '../load/reservation.js';
import { DrfPolicy } from '../policies/drf.policy.js';
import { createPolicy } from '../policies/index.js';
import { Exploration } from './exploration.js';
import { LatentLearner } from './latent-learner.js';

const NOTHING = Float64Array.of(0);

function candidatesOf(slots: readonly number[], maxActive = Infinity): Candidates {
  const fleet = new FleetSnapshot(
    1,
    slots.map((slot) => ({ slot, capacity: [1], maxActive: slot === 2 ? maxActive : Infinity })),
  );
  const candidates = new Candidates();
  candidates.fill(fleet, new LoadTable({ resourceCount: 1, slotCount: 64, writerCount: 1 }), NOTHING, []);
  return candidates;
}

describe('Exploration', () => {
  const samplesOf = (...samples: number[]) => Float64Array.from(samples);

  it('goes where the fewest samples are known', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: samplesOf(30, 20, 10, 5) });
    expect(exploration.choose(candidatesOf([0, 1, 2]), () => 1)).toBe(2);
    // By slot, not by position.
    expect(exploration.choose(candidatesOf([3, 1, 0]), () => 1)).toBe(0);
  });

  it('goes only where the request takes at most three times as long as at the best', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: samplesOf(30, 20, 10) });
    expect(exploration.choose(candidatesOf([0, 1, 2]), (i) => [1, 3, 3.01][i])).toBe(1);
    expect(exploration.choose(candidatesOf([0, 1, 2]), (i) => [1, 4, 4][i])).toBe(0);
  });

  it('never goes where there is no room', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: samplesOf(30, 20, 10) });
    expect(exploration.choose(candidatesOf([0, 1, 2], 0), () => 1)).toBe(1);
  });

  it('shows where a request may go, the least known first', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: samplesOf(30, 20, 10, 5) });
    // The machine in slot 2 is full.
    expect(exploration.eligible(candidatesOf([0, 1, 2, 3], 0), (i) => [1, 3, 4][i])).toEqual([1, 0]);
    expect(exploration.eligible(candidatesOf([3, 1, 0]), () => 1)).toEqual([3, 1, 0]);
  });

  it('does not mind how busy a machine is at what the request does not need', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: samplesOf(30, 20) });
    const table = new LoadTable({ resourceCount: 2, slotCount: 2, writerCount: 1 });
    const fleet = new FleetSnapshot(
      2,
      [0, 1].map((slot) => ({ slot, capacity: [1, 1] })),
    );
    const policy = new DrfPolicy({ table, clock: () => 0, random: seededRandom(2), exploration });
    const candidates = new Candidates();
    const demand = Float64Array.of(1, 0);
    candidates.fill(fleet, table, demand, []);
    expect(new Reservation(table.own, 1, Float64Array.of(0, 100)).isHeld).toBe(true);
    expect(policy.explorable(candidates, demand)).toEqual([1, 0]);
    expect(new Reservation(table.own, 1, Float64Array.of(100, 0)).isHeld).toBe(true);
    expect(policy.explorable(candidates, demand)).toEqual([0]);
  });

  it('draws among machines that are equally unknown', () => {
    const exploration = new Exploration(seededRandom(1));
    exploration.useTable({ exploration: 1, slotSamples: new Float64Array(40) });
    const candidates = candidatesOf(Array.from({ length: 40 }, (_, slot) => slot));
    const chosen = new Set(Array.from({ length: 400 }, () => exploration.choose(candidates, () => 1)));
    expect(chosen.size).toBeGreaterThan(35);
  });

  it('takes the part of the requests that the table says, and none before there is one', () => {
    const exploration = new Exploration(seededRandom(1));
    const due = () => Array.from({ length: 10_000 }, () => exploration.isDue()).filter(Boolean).length;
    expect(due()).toBe(0);
    exploration.useTable({ exploration: 0.01, slotSamples: samplesOf() });
    expect(due()).toBeGreaterThan(60);
    expect(due()).toBeLessThan(140);
  });
});

/** A fleet at low load: each request is alone. Nothing but exploration and forgetting leads away from the best machine. */
class IdleFleet {
  readonly requests: number[];
  private readonly rankLimit = 2;
  private readonly learner: LatentLearner;
  private readonly table: LoadTable;
  private readonly exploration = new Exploration(seededRandom(3));
  private readonly candidates = new Candidates();
  private now = 0;

  /** @param seconds how long a request takes, by machine; Infinity: the machine is not there. */
  constructor(private readonly seconds: number[]) {
    const shape = { classCount: 2, slotCount: seconds.length, rankLimit: this.rankLimit };
    this.learner = new LatentLearner(shape, seededRandom(2));
    this.table = new LoadTable({ resourceCount: this.rankLimit, slotCount: seconds.length, writerCount: 1 });
    this.requests = seconds.map(() => 0);
    this.policy = createPolicy('drf', {
      table: this.table,
      random: seededRandom(4),
      clock: () => this.now,
      exploration: this.exploration,
    });
  }

  private readonly policy;

  setSeconds(slot: number, seconds: number): void {
    this.seconds[slot] = seconds;
  }

  /** Serves requests one after the other. Returns how many each machine got. */
  serve(count: number): number[] {
    const before = [...this.requests];
    for (let i = 0; i < count; i++) this.serveOne();
    return this.requests.map((requests, slot) => requests - before[slot]);
  }

  private serveOne(): void {
    const { demand, slowness, rank } = this.learner.table;
    this.exploration.useTable(this.learner.table);
    const members = this.seconds.flatMap((seconds, slot) => {
      if (seconds === Infinity) return [];
      const inverse = (r: number) => (r < rank ? 1 / slowness[slot * this.rankLimit + r] : 1);
      return [{ slot, capacity: Array.from({ length: this.rankLimit }, (_, r) => inverse(r)) }];
    });
    const fleet = new FleetSnapshot(this.rankLimit, members);
    const units = Float64Array.from({ length: this.rankLimit }, (_, r) => (r < rank ? demand[r] : 0));
    this.candidates.fill(fleet, this.table, units, []);
    const { slot } = members[this.policy.choose(this.candidates, units)];
    const reservation = new Reservation(this.table.own, slot, units);
    const stay = this.learner.start(0, slot, this.now);
    this.now += this.seconds[slot];
    this.learner.end(stay, 0, slot, this.now, true);
    reservation.release();
    this.requests[slot]++;
    this.now += 0.1;
    this.learner.step(this.now);
  }
}

describe('a fleet at low load', () => {
  it('uses a machine again that was slow and is now the fastest', () => {
    const fleet = new IdleFleet([0.1, 0.1, 0.25]);
    const slow = fleet.serve(3000);
    expect(slow[2]).toBeLessThan(300);
    fleet.setSeconds(2, 0.02);
    fleet.serve(9000);
    expect(fleet.serve(1000)[2]).toBeGreaterThan(900);
  });

  it('tries a machine again even if it was twenty times as slow', () => {
    const fleet = new IdleFleet([0.1, 0.1, 2]);
    fleet.serve(3000);
    fleet.setSeconds(2, 0.02);
    fleet.serve(9000);
    expect(fleet.serve(1000)[2]).toBeGreaterThan(900);
  });

  it('starves no machine', () => {
    const fleet = new IdleFleet([0.1, 0.2, 0.28, 0.15]);
    fleet.serve(2000);
    for (const requests of fleet.serve(6000)) expect(requests).toBeGreaterThan(0);
  });

  it('sends a first request to a new machine soon', () => {
    const fleet = new IdleFleet([0.1, 0.1, 0.1, Infinity]);
    fleet.serve(3000);
    fleet.setSeconds(3, 0.1);
    expect(fleet.serve(1500)[3]).toBeGreaterThan(0);
  });
});
