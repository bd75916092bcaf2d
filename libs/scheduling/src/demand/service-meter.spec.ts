import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { ServiceMeter, type Sojourn } from './service-meter.js';

describe('seconds of service', () => {
  it('are the whole time of a request that was alone', () => {
    const meter = new ServiceMeter(2);
    const sojourn = meter.arrive(0, 0, 10);
    expect(meter.leave(sojourn, 0, 10.25)).toBeCloseTo(0.25);
  });

  it('are a fair share of the time while others are in flight', () => {
    const meter = new ServiceMeter(1);
    const first = meter.arrive(0, 0, 0);
    const second = meter.arrive(0, 1, 1);
    // Alone for one second, then two requests share two seconds.
    expect(meter.leave(first, 1, 3)).toBeCloseTo(2, 1);
    expect(meter.leave(second, 0, 3.5)).toBeCloseTo(1.5, 1);
  });

  it('are more when several resources can be busy at once, but at most by their number', () => {
    const meter = new ServiceMeter(2);
    const sojourns = Array.from({ length: 100 }, (_, others) => meter.arrive(0, others, 0));
    const seconds = meter.leave(sojourns[50], 99, 10);
    expect(seconds).toBeGreaterThan((1.9 * 10) / 100);
    expect(seconds).toBeLessThan((2 * 10) / 100);
  });

  it('approach the work itself once requests are seen to be served in order', () => {
    const meter = new ServiceMeter(1);
    const random = seededRandom(3);
    let error = 0;
    let total = 0;
    let freeAt = 0;
    let now = 0;
    const queue: { sojourn: Sojourn; leavesAt: number; work: number }[] = [];
    for (let i = 0; i < 4000; i++) {
      now += -Math.log(1 - random()) / 0.8;
      while (queue.length > 0 && queue[0].leavesAt <= now) {
        const { sojourn, leavesAt, work } = queue.shift()!;
        const seconds = meter.leave(sojourn, queue.length, leavesAt);
        if (i < 2000) continue;
        error += Math.abs(seconds - work);
        total += work;
      }
      const work = random() < 0.1 ? 5 : 0.5;
      freeAt = Math.max(freeAt, now) + work;
      queue.push({ sojourn: meter.arrive(0, queue.length, now), leavesAt: freeAt, work });
    }
    expect(meter.order).toBeGreaterThan(0.95);
    expect(error / total).toBeLessThan(0.1);
  });

  it('are never negative nor more than every resource busy for one request, in any order of departures', () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.boolean(), fc.double({ min: 0, max: 5, noNaN: true }), fc.nat()));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (resourceCount, sequence) => {
        const meter = new ServiceMeter(resourceCount);
        const inFlight: Sojourn[][] = [[], [], [], []];
        const over: Sojourn[] = [];
        let now = 0;
        for (const [slot, isArrival, passed, pick] of sequence) {
          now += passed;
          const there = inFlight[slot];
          if (isArrival || there.length === 0) there.push(meter.arrive(slot, there.length, now, over.pop()));
          else {
            const [sojourn] = there.splice(pick % there.length, 1);
            const seconds = meter.leave(sojourn, there.length, now);
            expect(seconds).toBeGreaterThanOrEqual(0);
            expect(seconds).toBeLessThanOrEqual(resourceCount * (now - sojourn.startedAt) + 1e-9);
            over.push(sojourn);
          }
        }
        expect(meter.order).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('are counted once', () => {
    const meter = new ServiceMeter(1);
    const first = meter.arrive(0, 0, 0);
    const second = meter.arrive(0, 1, 0);
    meter.leave(first, 1, 2);
    expect(meter.leave(first, 1, 2)).toBe(0);
    meter.abandon(first, 1, 2);
    expect(meter.leave(second, 0, 3)).toBeCloseTo(2, 1);
  });

  it('belong to one request at a time', () => {
    const meter = new ServiceMeter(1);
    const sojourn = meter.arrive(0, 0, 0);
    expect(() => meter.arrive(1, 0, 1, sojourn)).toThrow('not over');
    meter.leave(sojourn, 0, 2);
    expect(meter.arrive(1, 0, 3, sojourn)).toBe(sojourn);
  });

  it('leave out a cancelled request', () => {
    const meter = new ServiceMeter(1);
    const lost = meter.arrive(0, 0, 0);
    const sojourn = meter.arrive(0, 1, 0);
    meter.abandon(lost, 1, 1);
    expect(meter.leave(sojourn, 0, 2)).toBeCloseTo(1.5);
  });
});
