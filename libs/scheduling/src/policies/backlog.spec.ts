import { array, assert, double, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSnapshot } from '../fleet-snapshot.js';
import { LoadTable } from '../load/load-table.js';
import { Reservation } from '../load/reservation.js';
import { BacklogEstimate } from './backlog.js';

/** One backend with a capacity of 10 units per second of one resource, and a clock that only the test advances. */
function aBackend() {
  const clock = { now: 0 };
  const table = new LoadTable({ resourceCount: 1, slotCount: 1, writerCount: 1 });
  const fleet = new FleetSnapshot(1, [{ slot: 0, capacity: [10] }]);
  const backlog = new BacklogEstimate({ table, clock: () => clock.now });
  /** Makes a decision that sends `units` to the backend. */
  const dispatch = (units: number) => {
    backlog.startDecision();
    const demand = Float64Array.of(units);
    backlog.estimate(fleet, Int32Array.of(0), 1, demand);
    backlog.recordPlacement(fleet, 0, demand);
    return new Reservation(table.rows[0], 0, Float64Array.of(units));
  };
  const secondsLeft = () => {
    backlog.startDecision();
    backlog.estimate(fleet, Int32Array.of(0), 1, Float64Array.of(1));
    return backlog.secondsAt(fleet, 0, 0);
  };
  return { clock, table, dispatch, secondsLeft };
}

describe('BacklogEstimate', () => {
  it('counts what was dispatched, and half of what should be finished by now', () => {
    const { clock, dispatch, secondsLeft } = aBackend();
    expect(secondsLeft()).toBe(0);
    dispatch(10);
    expect(secondsLeft()).toBeCloseTo(1, 9);
    clock.now = 0.6;
    expect(secondsLeft()).toBeCloseTo(0.4 + 0.5 * 0.6, 9);
    clock.now = 5;
    expect(secondsLeft()).toBeCloseTo(0.5, 9);
  });

  it('queues each dispatch after the previous one', () => {
    const { clock, dispatch, secondsLeft } = aBackend();
    dispatch(10);
    dispatch(20);
    expect(secondsLeft()).toBeCloseTo(3, 9);
    clock.now = 1;
    expect(secondsLeft()).toBeCloseTo(2 + 0.5 * 1, 9);
  });

  it('is zero when nothing is in flight, even if work was expected', () => {
    const { dispatch, secondsLeft } = aBackend();
    dispatch(10).release();
    expect(secondsLeft()).toBe(0);
  });

  it('goes on to expect what has proved right', () => {
    const { clock, dispatch, secondsLeft } = aBackend();
    for (let i = 0; i < 300; i++) {
      const first = dispatch(10);
      clock.now += 0.5;
      const second = dispatch(5);
      expect(secondsLeft()).toBeCloseTo(1 + 0.5 * 0.5, 9);
      clock.now += 0.5;
      first.release();
      clock.now += 0.5;
      second.release();
    }
  });

  it('approaches the work in flight when work ends later than expected', () => {
    const { clock, dispatch, secondsLeft } = aBackend();
    for (let i = 0; i < 500; i++) {
      dispatch(0.25);
      clock.now += 1;
    }
    expect(secondsLeft()).toBeCloseTo(12.5, 9);
  });

  it('approaches the work in flight when work ends earlier than expected', () => {
    const { clock, dispatch, secondsLeft } = aBackend();
    for (let i = 0; i < 500; i++) {
      dispatch(10).release();
      clock.now += 0.001;
    }
    dispatch(10);
    clock.now += 0.5;
    expect(secondsLeft()).toBeCloseTo(1, 9);
  });

  it('lies between half of the work in flight and all of it', () => {
    const step = tuple(integer({ min: 1, max: 50 }), double({ min: 0, max: 3, noNaN: true }), integer({ max: 9 }));
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const { clock, table, dispatch, secondsLeft } = aBackend();
        const open: Reservation[] = [];
        for (const [units, pause, ending] of steps) {
          open.push(dispatch(units));
          clock.now += pause;
          if (ending < 5) open.shift()?.release();
          const inFlight = table.inFlight(0, 0) / 10;
          expect(secondsLeft()).toBeGreaterThanOrEqual(inFlight / 2 - 1e-9);
          expect(secondsLeft()).toBeLessThanOrEqual(inFlight + 1e-9);
        }
      }),
    );
  });
});
