// Request rates out of two readings: restarts and newcomers must not show as bursts.
import { describe, expect, it } from 'vitest';
import { ratesBetween } from '../../apps/dashboard/src/balancer/rates.js';
import { aBackend, aFleet } from './fleet-fixtures.js';

const fleetOf = (uptimeSeconds: number, requests: Record<string, number>) =>
  aFleet(
    Object.entries(requests).map(([id, amount]) => aBackend(id, { requests: amount })),
    { uptimeSeconds },
  );

describe('ratesBetween', () => {
  it('knows no rate before the second reading', () => {
    expect(ratesBetween(null, fleetOf(10, { a: 5 }))).toEqual({ requests: null, backends: [null] });
  });

  it('divides what was added by the time between', () => {
    const rates = ratesBetween(fleetOf(10, { a: 100, b: 50 }), fleetOf(12, { a: 140, b: 50 }));
    expect(rates).toEqual({ requests: 20, backends: [20, 0] });
  });

  it('counts from zero after a restart, even when the counters exceed their old values', () => {
    expect(ratesBetween(fleetOf(900, { a: 100 }), fleetOf(2, { a: 30 })).requests).toBe(15);
    expect(ratesBetween(fleetOf(900, { a: 100 }), fleetOf(2, { a: 300 })).requests).toBe(150);
  });

  it('counts one backend from zero when only its counter fell', () => {
    const rates = ratesBetween(fleetOf(10, { a: 100, b: 90 }), fleetOf(11, { a: 110, b: 4 }));
    expect(rates.backends).toEqual([10, 4]);
  });

  it('gives a backend that has just joined no rate, and keeps to the order of the new reading', () => {
    const rates = ratesBetween(fleetOf(10, { b: 10 }), fleetOf(11, { a: 7, b: 13 }));
    expect(rates.backends).toEqual([null, 3]);
  });
});
