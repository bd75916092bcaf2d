import { Reservation, latencyQuantile } from '@fairlead/scheduling';
import { expect, it } from 'vitest';
import { aRegistry } from '../registry/registry.fixture.js';
import { LoadHistory } from './load-history.js';
import { RequestTable } from './request-table.js';

/** A backend, and samples of it as the test takes them. */
function aHistory() {
  const fleet = aRegistry();
  const requests = new RequestTable(1);
  const history = new LoadHistory(fleet.registry, fleet.table, requests);
  const { slot } = fleet.join('a');
  const serve = (from: number, to: number, ...demand: number[]) => {
    new Reservation(fleet.table.own, slot, Float64Array.from(demand), from).release(to);
  };
  return { ...fleet, history, requests, slot, serve };
}

it('means contain requests that begin and end between two samples', () => {
  const { history, slot, serve } = aHistory();
  history.sample(100);
  for (let i = 0; i < 100; i++) serve(100 + i / 100, 100 + i / 100 + 0.002, 5, 0);
  history.samplePeaks();
  const { mean, peak } = history.recent(slot, 1, 101);
  expect(mean.exchanges).toBeCloseTo(0.2);
  expect(mean.demand.map((units) => Math.round(units * 1000) / 1000)).toEqual([1, 0]);
  // No sample was taken during one.
  expect(peak.exchanges).toBe(0);
});

it('means are taken over the given time, as far as there are samples', () => {
  const { history, slot, table, serve } = aHistory();
  for (let at = 100; at <= 119; at++) history.sample(at);
  const reservation = new Reservation(table.own, slot, Float64Array.of(1, 1), 119);
  history.sample(120);
  reservation.release(121);
  const mean = (seconds: number) => history.recent(slot, seconds, 121).mean.exchanges;
  expect([mean(1), mean(4), mean(15)].map((value) => Math.round(value * 1000) / 1000)).toEqual([1, 0.5, 0.133]);
  history.sample(121);
  serve(121, 122, 1, 1);
  expect(history.recent(slot, 1000, 123).mean.exchanges).toBeCloseTo(3 / (123 - 106));
});

it('a mean has no part of a change that another thread is making', () => {
  const { history, slot, table } = aHistory();
  const [writer] = table.rows;
  const tunnel = new Reservation(table.own, slot, Float64Array.of(1, 1), 0);
  history.sample(3600);
  history.sample(3601);
  // The thread is interrupted after it has added an hour to the integral, and before it has written the time.
  writer.changes[slot]++;
  writer.busySeconds[slot] += 3601;
  history.sample(3602);
  const mean = (at: number) => history.recent(slot, 1, at).mean.exchanges;
  expect(mean(3602.5)).toBe(1);
  writer.busySeconds[slot] -= 3601;
  writer.changes[slot]++;
  history.sample(3603);
  expect([mean(3603.5), mean(3604)]).toEqual([1, 1]);
  expect(tunnel.isHeld).toBe(true);
});

it('peaks are the highest samples, and are forgotten after 15 seconds', () => {
  const { history, slot, table } = aHistory();
  history.sample(100);
  const held = [1, 2, 3].map((units) => new Reservation(table.own, slot, Float64Array.of(units, 0), 100));
  history.samplePeaks();
  held.forEach((reservation) => reservation.release(100.1));
  history.samplePeaks();
  const peakOf = () => history.recent(slot, 1, 101).peak;
  expect(peakOf()).toEqual({ exchanges: 3, demand: [6, 0] });
  expect(history.peakInFlight()).toBe(3);
  for (let second = 1; second <= 15; second++) history.sample(100 + second);
  expect([peakOf().exchanges, history.peakInFlight()]).toEqual([3, 3]);
  history.sample(116);
  expect([peakOf().exchanges, history.peakInFlight()]).toEqual([0, 0]);
});

it('a backend that takes over a slot does not take over its history', async () => {
  const { history, slot, registry, join, serve } = aHistory();
  history.sample(100);
  serve(100, 101, 1, 1);
  history.sample(101);
  await registry.leave('a');
  const { slot: reused } = join('b');
  expect(reused).toBe(slot);
  expect(history.recent(reused, 15, 102).mean.exchanges).toBe(0);
});

it('the last minute is what was counted in 60 seconds, with its own latencies', () => {
  const { history, requests, table } = aHistory();
  const counts = requests.own.pool('default');
  const request = (seconds: number) => {
    table.own.counts.taken++;
    counts.record(0, Infinity, 1000 * seconds);
  };
  const start = 1e6;
  for (let i = 0; i < 100; i++) request(1);
  table.own.countFailure(0);
  for (let second = 0; second < 70; second++) history.sample(start + second);
  for (let i = 0; i < 10; i++) request(0.01);
  table.own.counts.unplaced++;
  const minute = history.lastMinute(start + 70);
  expect(minute).toMatchObject({ seconds: 61, requests: 10, unplaced: 1, errors: 0, retries: 0 });
  expect(latencyQuantile(minute.latencies, 0.99)).toBeLessThan(0.012);
  expect(history.totals()).toMatchObject({ requests: 110, errors: 1 });
});
