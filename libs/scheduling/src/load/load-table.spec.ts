import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATENCY_BUCKETS, latencyBucket } from '../latency-buckets.js';
import type { LoadRow } from './load-row.js';
import { LoadTable } from './load-table.js';
import { Reservation } from './reservation.js';

const SHAPE = { resourceCount: 2, slotCount: 3, writerCount: 2 };

function reserve(row: LoadRow, slot: number, ...demand: number[]): Reservation {
  return new Reservation(row, slot, Float64Array.from(demand));
}

function integrals(table: LoadTable, slot: number, now: number): number[] {
  const sums = new Float64Array(1 + SHAPE.resourceCount);
  expect(table.readIntegrals(slot, now, sums)).toBe(true);
  return [...sums];
}

function columnsOf(row: LoadRow): (Float64Array | Int32Array)[] {
  const { inFlight, dispatched, demandSeconds, busySeconds, changedAt, latencySeconds, started, failed } = row;
  const { speeds, active, changes, totalActive, statuses, latencyCounts } = row;
  const sums = [inFlight, dispatched, demandSeconds, busySeconds, changedAt, latencySeconds, started, failed];
  return [...sums, speeds, active, changes, totalActive, statuses, latencyCounts];
}

describe('a load table with several writers', () => {
  /** The first writer has one exchange in flight on slot 1, the second has two, and each has finished one there. */
  function aTable(): LoadTable {
    const table = new LoadTable(SHAPE);
    const [one, two] = table.rows;
    reserve(one, 1, 1, 2);
    reserve(two, 1, 10, 20);
    reserve(two, 1, 100, 200);
    for (const row of table.rows) {
      reserve(row, 1, 0.5, 0.5).release();
      row.countResponse(1, 0.25);
      row.countFailure(1);
    }
    return table;
  }

  function cellsOf(table: LoadTable, slot: number) {
    const counts = new Float64Array(LATENCY_BUCKETS);
    table.addLatencyCounts(slot, counts);
    return {
      inFlight: [table.inFlight(slot, 0), table.inFlight(slot, 1)],
      dispatched: [table.dispatched(slot, 0), table.dispatched(slot, 1)],
      active: table.active(slot),
      started: table.started(slot),
      failed: table.failed(slot),
      latencySeconds: table.latencySeconds(slot),
      quarterSecondResponses: counts[latencyBucket(0.25)],
      responses: counts.reduce((sum, count) => sum + count, 0),
    };
  }

  const BOTH = {
    inFlight: [111, 222],
    dispatched: [112, 223],
    active: 3,
    started: 5,
    failed: 2,
    latencySeconds: 0.5,
    quarterSecondResponses: 2,
    responses: 2,
  };
  const EMPTY = {
    inFlight: [0, 0],
    dispatched: [0, 0],
    active: 0,
    started: 0,
    failed: 0,
    latencySeconds: 0,
    quarterSecondResponses: 0,
    responses: 0,
  };

  it('adds the rows up, slot by slot', () => {
    const table = aTable();
    expect(cellsOf(table, 1)).toEqual(BOTH);
    expect([cellsOf(table, 0), cellsOf(table, 2)]).toEqual([EMPTY, EMPTY]);
  });

  it('reads the same cells from another thread over the same buffer', () => {
    const table = aTable();
    const seen = new LoadTable(SHAPE, table.buffer);
    expect(cellsOf(seen, 1)).toEqual(BOTH);
    reserve(seen.rows[0], 0, 7, 0);
    expect(table.inFlight(0, 0)).toBe(7);
  });

  it('shows another thread over the same buffer whether a thread runs', () => {
    const table = aTable();
    const { own } = new LoadTable(SHAPE, table.buffer, 1);
    own.liveness.beat();
    own.liveness.beat();
    table.rows[1].liveness.isOverdue = true;
    expect(table.rows.map(({ liveness }) => liveness.beats)).toEqual([0, 2]);
    expect([table.own.liveness.isOverdue, own.liveness.isOverdue]).toEqual([false, true]);
    table.rows[1].liveness.isOverdue = false;
    expect(own.liveness.isOverdue).toBe(false);
    expect(cellsOf(table, 1)).toEqual(BOTH);
  });

  it('clears what a dead writer had in flight and keeps its totals', () => {
    const table = aTable();
    Object.assign(table.rows[1].counts, { taken: 3, queued: 2 });
    table.rows[1].abandon(0);
    expect(cellsOf(table, 1)).toEqual({ ...BOTH, inFlight: [1, 2], active: 1 });
    expect(table.totalActive()).toBe(1);
    expect([table.total('taken'), table.total('queued')]).toEqual([3, 0]);
  });

  it('adds up the counters of the rows', () => {
    const { buffer } = aTable();
    for (const writer of [0, 1]) {
      const { own } = new LoadTable(SHAPE, buffer, writer);
      own.counts.taken += 10 + writer;
      own.counts.reportsIgnored++;
    }
    const table = new LoadTable(SHAPE, buffer);
    expect(table.rows.map(({ counts }) => counts.taken)).toEqual([10, 11]);
    expect([table.total('taken'), table.total('reportsIgnored'), table.total('retries')]).toEqual([21, 2, 0]);
  });

  it('averages the observed speeds, weighted by exchanges', () => {
    const table = aTable();
    expect(table.speed(1)).toBe(1);
    table.rows[1].speeds[1] = 2;
    expect(table.speed(1)).toBe(2);
    table.rows[0].speeds[1] = 1.5;
    // Two exchanges by the first writer, three by the second.
    expect(table.speed(1)).toBeCloseTo((2 * 1.5 + 3 * 2) / 5);
    table.clear(1);
    expect(table.speed(1)).toBe(1);
  });

  it('clears a slot for another backend, and no other slot', () => {
    const table = aTable();
    for (const slot of [0, 2]) {
      reserve(table.rows[0], slot, 3, 4);
      table.rows[1].countResponse(slot, 1);
    }
    const others = [cellsOf(table, 0), cellsOf(table, 2)];
    table.clear(1);
    expect(cellsOf(table, 1)).toEqual(EMPTY);
    expect([cellsOf(table, 0), cellsOf(table, 2)]).toEqual(others);
  });

  it('integrates what is in flight over time, in all rows, until any time', () => {
    const table = new LoadTable(SHAPE);
    const [one, two] = table.rows;
    const first = new Reservation(one, 1, Float64Array.of(4, 2), 100);
    const second = new Reservation(two, 1, Float64Array.of(1, 0), 101);
    expect([integrals(table, 1, 100)[0], integrals(table, 1, 101)[0], integrals(table, 1, 103)[0]]).toEqual([0, 1, 5]);
    first.release(102);
    expect(second.isHeld).toBe(true);
    second.reserveAgain(1, Float64Array.of(3, 0), 104);
    expect(integrals(table, 1, 105)).toEqual([2 + 4, 4 * 2 + 3 + 3, 2 * 2]);
    expect(integrals(table, 0, 105)).toEqual([0, 0, 0]);
    second.release(105);
    expect(integrals(table, 1, 1000)[0]).toBe(6);
    table.clear(1);
    expect(integrals(table, 1, 1000)).toEqual([0, 0, 0]);
  });

  it('integrates what a dead writer had in flight until that is known, and keeps it', () => {
    const table = new LoadTable(SHAPE);
    const [, writer] = table.rows;
    expect(new Reservation(writer, 1, Float64Array.of(2, 1), 10).isHeld).toBe(true);
    expect(integrals(table, 1, 14)).toEqual([4, 8, 4]);
    writer.abandon(15);
    expect([integrals(table, 1, 15), integrals(table, 1, 60)]).toEqual([
      [5, 10, 5],
      [5, 10, 5],
    ]);
    expect(new Reservation(writer, 1, Float64Array.of(2, 1), 100).isHeld).toBe(true);
    expect(integrals(table, 1, 101)).toEqual([6, 12, 6]);
  });

  it('reads no integrals while a writer is changing them, until it ends', () => {
    const table = new LoadTable(SHAPE);
    const [, writer] = table.rows;
    expect(new Reservation(writer, 1, Float64Array.of(1, 1), 10).isHeld).toBe(true);
    writer.changes[1]++;
    writer.busySeconds[1] += 3600;
    const sums = new Float64Array(3);
    expect([table.readIntegrals(1, 20, sums), table.readIntegrals(0, 20, sums)]).toEqual([false, true]);
    writer.busySeconds[1] -= 3600;
    writer.abandon(20);
    expect(integrals(table, 1, 20)).toEqual([10, 10, 10]);
  });

  it('counts beyond 32 bits', () => {
    const table = new LoadTable(SHAPE);
    table.own.statuses.fill(2 ** 32 - 1);
    table.own.latencyCounts.fill(2 ** 32 - 1);
    table.own.countStatus(1, 200);
    table.own.countResponse(1, 0.25);
    expect(table.statuses(1)[1]).toBe(2 ** 32);
    expect(cellsOf(table, 1).quarterSecondResponses).toBe(2 ** 32);
  });

  it('counts the responses of a backend by class of status', () => {
    const table = aTable();
    for (const status of [101, 200, 204, 302, 404, 499, 500, 599]) table.rows[0].countStatus(1, status);
    table.rows[1].countStatus(1, 200);
    expect(table.statuses(1)).toEqual([1, 3, 1, 2, 2]);
    expect(table.statuses(0)).toEqual([0, 0, 0, 0, 0]);
    table.clear(1);
    expect(table.statuses(1)).toEqual([0, 0, 0, 0, 0]);
  });

  it('keeps the totals of the fleet when a slot is cleared', () => {
    const table = aTable();
    reserve(table.rows[0], 0, 1, 1).release();
    table.rows[0].countFailure(0);
    const totals = () => [table.totalFailed(), table.totalDispatched(0), table.totalDispatched(1)];
    expect(totals()).toEqual([3, 113, 224]);
    table.clear(1);
    expect(totals()).toEqual([3, 113, 224]);
    table.rows[1].countFailure(1);
    expect(totals()).toEqual([4, 113, 224]);
  });

  it('never shows a negative amount in flight', () => {
    const table = new LoadTable(SHAPE);
    table.rows[1].release(1, Float64Array.of(1, 1), 0);
    expect(table.inFlight(1, 0)).toBe(0);
  });
});

describe('the rows of a load table', () => {
  it('share no cell, for any shape', () => {
    const upTo = (max: number) => integer({ min: 1, max });
    assert(
      property(upTo(8), upTo(9), upTo(4), (resourceCount, slotCount, writerCount) => {
        const table = new LoadTable({ resourceCount, slotCount, writerCount });
        const columns = table.rows.flatMap(columnsOf);
        for (const [value, column] of columns.entries()) column.fill(value + 1);
        for (const [value, column] of columns.entries()) {
          expect(column.length).toBeGreaterThan(0);
          expect(column.every((cell) => cell === value + 1)).toBe(true);
        }
      }),
    );
  });

  it('start at their own cache lines, so that writers do not contend', () => {
    const table = new LoadTable({ resourceCount: 1, slotCount: 1, writerCount: 3 });
    expect(table.rows.map((row) => row.inFlight.byteOffset % 64)).toEqual([0, 0, 0]);
  });
});

describe('a reservation that is reused', () => {
  it('counts only on the slot it is reserved on now', () => {
    const table = new LoadTable(SHAPE);
    const reservation = reserve(table.own, 1, 3, 4);
    reservation.release();
    reservation.reserveAgain(2, Float64Array.of(0.3, 0));
    expect([table.active(1), table.active(2), table.inFlight(1, 0)]).toEqual([0, 1, 0]);
    expect(table.inFlight(2, 0)).toBeCloseTo(0.3, 5);
    expect(reservation.release()).toBe(true);
    expect(reservation.release()).toBe(false);
    expect([table.active(2), table.inFlight(2, 0), table.totalActive()]).toEqual([0, 0, 0]);
  });

  it('releases first what it still holds', () => {
    const table = new LoadTable(SHAPE);
    const demand = Float64Array.of(1, 2);
    const reservation = reserve(table.own, 0, 5, 5);
    reservation.reserveAgain(1, demand);
    demand.fill(100);
    expect([table.active(0), table.active(1), table.inFlight(1, 1)]).toEqual([0, 1, 2]);
    reservation.release();
    expect([table.inFlight(0, 0), table.inFlight(1, 0), table.inFlight(1, 1)]).toEqual([0, 0, 0]);
  });
});

describe('demand for latent resources', () => {
  const shape = { resourceCount: 1, slotCount: 2, writerCount: 2, latentCount: 2 };

  it('is counted beside that for declared ones, over all threads, and given back as it was', () => {
    const table = new LoadTable(shape);
    const other = new LoadTable(shape, table.buffer, 1);
    const latent = Float64Array.of(0.5, 3);
    const here = new Reservation(table.own, 1, Float64Array.of(7), 0, latent);
    const there = new Reservation(other.own, 1, Float64Array.of(7), 0, Float64Array.of(1, 0));
    latent.fill(100);
    expect([0, 1].map((r) => table.latent.inFlight(1, r))).toEqual([1.5, 3]);
    expect([table.inFlight(1, 0), table.latent.inFlight(0, 0)]).toEqual([14, 0]);
    here.release();
    expect([0, 1].map((r) => table.latent.inFlight(1, r))).toEqual([1, 0]);
    there.reserveAgain(0, Float64Array.of(7), 0, Float64Array.of(0, 2));
    expect([0, 1].map((r) => table.latent.inFlight(0, r))).toEqual([0, 2]);
  });

  it('is counted when it becomes known between two requests of a reservation', () => {
    const table = new LoadTable(shape);
    const reservation = new Reservation(table.own, 0, Float64Array.of(7));
    reservation.reserveAgain(0, Float64Array.of(7), 0, Float64Array.of(1, 2));
    expect(table.latent.inFlight(0, 1)).toBe(2);
    reservation.release();
    expect(table.latent.inFlight(0, 1)).toBe(0);
  });

  it('of a thread that died is none', () => {
    const table = new LoadTable(shape);
    const reservation = new Reservation(table.own, 0, Float64Array.of(7), 0, Float64Array.of(1, 1));
    expect(reservation.isHeld).toBe(true);
    table.own.abandon(0);
    expect(table.latent.inFlight(0, 1)).toBe(0);
  });
});
