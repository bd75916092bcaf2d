import { array, assert, boolean, integer, option, property, record, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { FleetSnapshot, type FleetMember } from './fleet-snapshot.js';
import { LoadTable } from './load-table.js';
import { Reservation } from './reservation.js';

const SLOTS = 40;

function aTable(): LoadTable {
  return new LoadTable({ resourceCount: 2, slotCount: SLOTS, writerCount: 1 });
}

function found({ positions, count }: Candidates): number[] {
  return Array.from(positions.subarray(0, count));
}

/** Finds the candidates and answers how many there are, as the library does. */
function fill(candidates: Candidates, ...[fleet, table, demand, tried]: Parameters<Candidates['fill']>): number {
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- not an array
  return candidates.fill(fleet, table, demand, tried);
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
  ])('have what a request needs: %s', (_, demand, positions) => {
    const candidates = new Candidates();
    expect(fill(candidates, fleet, aTable(), Float64Array.from(demand), [])).toBe(positions.length);
    expect(found(candidates)).toEqual(positions);
    expect(candidates.fleet).toBe(fleet);
  });

  it('have room for one more', () => {
    const table = aTable();
    const candidates = new Candidates();
    const held = [0, 1].map(() => new Reservation(table.rows[0], 9, both));
    fill(candidates, fleet, table, both, []);
    expect(found(candidates)).toEqual([3]);
    held[0].release();
    fill(candidates, fleet, table, both, []);
    expect(found(candidates)).toEqual([2, 3]);
  });

  it('were not tried yet; slots are meant, not positions', () => {
    const candidates = new Candidates();
    fill(candidates, fleet, aTable(), NONE, [4, 9, 3]);
    expect(found(candidates)).toEqual([1, 3]);
  });

  it('are nobody in an empty fleet', () => {
    const candidates = new Candidates();
    expect(fill(candidates, new FleetSnapshot(2, []), aTable(), both, [])).toBe(0);
    expect(candidates.has(0)).toBe(false);
  });

  it('are what a plain filter finds, from decision to decision and from fleet to fleet', () => {
    const amount = integer({ min: 0, max: 2 });
    const amounts = array(amount, { minLength: 2, maxLength: 2 });
    const open = array(integer({ min: 1, max: 2 }), { minLength: 2, maxLength: 2 });
    const aMember = record({ capacity: amounts, maxActive: option(integer({ min: 0, max: 2 }), { nil: undefined }) });
    const decisions = array(
      record({
        isOpen: boolean(),
        open: array(open, { maxLength: SLOTS }),
        mixed: array(aMember, { maxLength: SLOTS }),
        demand: amounts,
        tried: subarray([0, 1, 2, 3, 20, 39]),
        isAgain: boolean(),
      }),
      { maxLength: 8 },
    );
    assert(
      property(decisions, (all) => {
        const table = aTable();
        const candidates = new Candidates();
        let before: readonly FleetMember[] = [];
        let current = new FleetSnapshot(2, before);
        for (const { isOpen, open, mixed, demand, tried, isAgain } of all) {
          if (!isAgain) {
            const made = isOpen ? open.map((capacity) => ({ capacity, maxActive: undefined })) : mixed;
            before = made.map(({ capacity, maxActive }, slot) =>
              maxActive === undefined ? { slot, capacity } : { slot, capacity, maxActive },
            );
            current = new FleetSnapshot(2, before);
          }
          const expected = before.flatMap(({ slot, capacity, maxActive = Infinity }, position) => {
            const hasAll = demand.every((units, r) => units === 0 || capacity[r] > 0);
            return hasAll && table.active(slot) < maxActive && !tried.includes(slot) ? [position] : [];
          });
          expect(fill(candidates, current, table, Float64Array.from(demand), tried)).toBe(expected.length);
          expect(found(candidates)).toEqual(expected);
          for (let position = 0; position < SLOTS; position++) {
            expect(candidates.has(position)).toBe(expected.includes(position));
          }
          if (expected.length > 0) table.rows[0].reserve(before[expected[0]].slot, Float64Array.from(demand));
        }
      }),
    );
  });
});
