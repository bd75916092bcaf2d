// Drift, the backlog it is computed from, and how close sampling comes to it.
import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { aFleet } from './fleet.fixture.js';
import { drift } from './drift.js';

describe('drift', () => {
  const part = double({ min: 0.01, max: 100, noNaN: true });

  it('is the increase of the potential ¼ Σ T⁴, for any number of resources', () => {
    const vectors = integer({ min: 1, max: 8 }).chain((size) =>
      array(array(part, { minLength: size, maxLength: size }), { minLength: 3, maxLength: 3 }),
    );
    assert(
      property(vectors, ([backlog, demand, capacity]) => {
        const fleet = new FleetSnapshot(capacity.length, [{ slot: 0, capacity }]);
        const after = backlog.map((T, r) => T + demand[r] / capacity[r]);
        const increase = potential(after) - potential(backlog);
        const scale = Math.max(1, potential(after));
        expect(Math.abs(drift(backlog, fleet, 0, Float64Array.from(demand)) - increase) / scale).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('drf', () => {
  it('matches the shape of the request on idle backends of equal size', () => {
    const fleet = aFleet('drf', [
      [20, 5],
      [10, 10],
      [5, 20],
    ]);
    expect(fleet.choose([4, 1])).toBe(0);
    expect(fleet.choose([1, 4])).toBe(2);
    expect(fleet.choose([2, 2])).toBe(1);
  });

  it('keeps backlogs of large and small backends nearly as long as each other, in seconds', () => {
    const capacities = [[16], [4], [1]];
    const fleet = aFleet('drf', capacities);
    const units = [0, 0, 0];
    for (let i = 0; i < 2100; i++) {
      const position = fleet.choose([1]);
      fleet.reserve(position, [1]);
      units[position]++;
    }
    // All of them would end after 100 s.
    units.forEach((backlog, position) => {
      expect(backlog / capacities[position][0]).toBeGreaterThan(75);
      expect(backlog / capacities[position][0]).toBeLessThan(125);
    });
  });

  it.each([0, 1])('avoids the best shape while it is busy, whichever thread keeps it so (%i)', (thread) => {
    const fleet = aFleet('drf', [
      [20, 8],
      [10, 10],
    ]);
    expect(fleet.choose([5, 2])).toBe(0);
    for (let i = 0; i < 5; i++) fleet.reserve(0, [5, 2], thread);
    expect(fleet.choose([5, 2])).toBe(1);
  });

  it('prefers the backend that should have finished more of its work', () => {
    const fleet = aFleet('drf', [[1], [1]]);
    const first = fleet.choose([4]);
    fleet.reserve(first, [4]);
    fleet.time.now = 3;
    const second = fleet.choose([4]);
    fleet.reserve(second, [4]);
    expect(second).not.toBe(first);
    // Both have the same work in flight, but the first should have one second left and the second four.
    expect(fleet.choose([1])).toBe(first);
  });

  it('finds a good backend in a large fleet from a sample', () => {
    const capacities = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? [20, 2] : [2, 20]));
    const fleet = aFleet('drf', capacities);
    for (let i = 0; i < 200; i++) {
      const chosen = fleet.choose([5, 0.5]);
      expect(chosen % 2).toBe(0);
      fleet.reserve(chosen, [5, 0.5]);
    }
  });

  it('leaves out of a sample what is no candidate', () => {
    const capacities = Array.from({ length: 500 }, () => [10]);
    const fleet = aFleet('drf', capacities);
    const excluded = [...capacities.keys()].filter((slot) => slot % 2 === 0);
    for (let i = 0; i < 100; i++) expect(fleet.choose([1], undefined, excluded) % 2).toBe(1);
  });

  it('remembers the best of the samples so far', () => {
    const fleet = aFleet(
      'drf',
      Array.from({ length: 400 }, (_, i) => [1 + i]),
    );
    const chosen = Array.from({ length: 60 }, () => fleet.choose([1]));
    expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
  });
});

describe('a reservation', () => {
  it('leaves no rounding error, in whatever order reservations end', () => {
    const demands = array(array(double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 2 }));
    assert(
      property(demands, integer(), (all, seed) => {
        const fleet = aFleet('drf', [
          [1, 1],
          [2, 2],
        ]);
        const held = all.map((demand, i) => fleet.reserve((i + seed) & 1, demand));
        held.sort((a, b) => a.demand[0] - b.demand[0]);
        for (const reservation of held) {
          expect(reservation.release()).toBe(true);
          expect(reservation.release()).toBe(false);
          expect(fleet.table.rows[0].inFlight.every((units) => units >= 0)).toBe(true);
        }
        for (const slot of fleet.snapshot.slots) {
          expect([fleet.table.inFlight(slot, 0), fleet.table.inFlight(slot, 1), fleet.table.active(slot)]).toEqual([
            0, 0, 0,
          ]);
        }
      }),
    );
  });
});

function potential(seconds: readonly number[]): number {
  return seconds.reduce((sum, T) => sum + T ** 4 / 4, 0);
}
