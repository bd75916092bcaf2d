import { array, assert, boolean, integer, option, property, record, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { FleetSnapshot, type FleetMember } from './fleet-snapshot.js';
import { LoadTable } from './load/load-table.js';
import { Reservation } from './load/reservation.js';

const SLOTS = 40;

function aTable(): LoadTable {
  return new LoadTable({ resourceCount: 2, slotCount: SLOTS, writerCount: 1 });
}

function found({ positions, count }: Candidates): number[] {
  return Array.from(positions.subarray(0, count));
}

describe('candidates', () => {
  const NONE = Float64Array.of(0, 0);
  const both = Float64Array.of(1, 1);
  const members: FleetMember[] = [
    { slot: 4, capacity: [1, 0] },
    { slot: 2, capacity: [0, 1] },
    { slot: 9, capacity: [1, 1], maxActive: 2 },
    { slot: 5, capacity: [1, 1] },
  ];
  const fleet = new FleetSnapshot(2, members);

  it.each([
    ['both resources', [1, 1], [2, 3]],
    ['the first', [1, 0], [0, 2, 3]],
    ['the second', [0, 1], [1, 2, 3]],
    ['neither', [0, 0], [0, 1, 2, 3]],
  ])('have every resource the request needs: %s', (_, demand, positions) => {
    const candidates = new Candidates();
    expect(candidates.fill(fleet, aTable(), Float64Array.from(demand), [])).toBe(positions.length);
    expect(found(candidates)).toEqual(positions);
    expect(candidates.fleet).toBe(fleet);
  });

  it('have room for one more exchange', () => {
    const table = aTable();
    const candidates = new Candidates();
    const held = [0, 1].map(() => new Reservation(table.rows[0], 9, both));
    candidates.fill(fleet, table, both, []);
    expect(found(candidates)).toEqual([3]);
    held[0].release();
    candidates.fill(fleet, table, both, []);
    expect(found(candidates)).toEqual([2, 3]);
  });

  it('exclude slots that were tried, by slot and not by position', () => {
    const candidates = new Candidates();
    candidates.fill(fleet, aTable(), NONE, [4, 9, 3]);
    expect(found(candidates)).toEqual([1, 3]);
  });

  it('are empty for an empty fleet', () => {
    const candidates = new Candidates();
    expect(candidates.fill(new FleetSnapshot(2, []), aTable(), both, [])).toBe(0);
    expect(candidates.has(0)).toBe(false);
  });

  it('equal the result of a plain filter, across decisions and fleets', () => {
    const amount = integer({ min: 0, max: 2 });
    const amounts = array(amount, { minLength: 2, maxLength: 2 });
    const uniform = array(integer({ min: 1, max: 2 }), { minLength: 2, maxLength: 2 });
    const member = record({ capacity: amounts, maxActive: option(integer({ min: 0, max: 2 }), { nil: undefined }) });
    const decisions = array(
      record({
        isUniform: boolean(),
        uniform: array(uniform, { maxLength: SLOTS }),
        mixed: array(member, { maxLength: SLOTS }),
        demand: amounts,
        tried: subarray([0, 1, 2, 3, 20, 39]),
        isSameFleet: boolean(),
      }),
      { maxLength: 8 },
    );
    assert(
      property(decisions, (all) => {
        const table = aTable();
        const candidates = new Candidates();
        let currentMembers: readonly FleetMember[] = [];
        let current = new FleetSnapshot(2, currentMembers);
        for (const { isUniform, uniform, mixed, demand, tried, isSameFleet } of all) {
          if (!isSameFleet) {
            const chosen = isUniform ? uniform.map((capacity) => ({ capacity, maxActive: undefined })) : mixed;
            currentMembers = chosen.map(({ capacity, maxActive }, slot) =>
              maxActive === undefined ? { slot, capacity } : { slot, capacity, maxActive },
            );
            current = new FleetSnapshot(2, currentMembers);
          }
          const expected = currentMembers.flatMap(({ slot, capacity, maxActive = Infinity }, position) => {
            const hasAll = demand.every((units, r) => units === 0 || capacity[r] > 0);
            return hasAll && table.active(slot) < maxActive && !tried.includes(slot) ? [position] : [];
          });
          expect(candidates.fill(current, table, Float64Array.from(demand), tried)).toBe(expected.length);
          expect(found(candidates)).toEqual(expected);
          for (let position = 0; position < SLOTS; position++) {
            expect(candidates.has(position)).toBe(expected.includes(position));
          }
          if (expected.length > 0)
            table.rows[0].reserve(currentMembers[expected[0]].slot, Float64Array.from(demand), 0);
        }
      }),
    );
  });
});
