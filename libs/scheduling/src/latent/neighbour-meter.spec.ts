// What a sample says of the company that a request had, from starts and ends alone.
import { describe, expect, it } from 'vitest';
import { NeighbourMeter } from './neighbour-meter.js';
import { SampleStore } from './sample-store.js';

/** Classes beside sample `at`, and the mean number of requests of each. */
function companyOf(samples: SampleStore, at = 0): Record<number, number> {
  const first = at * samples.stride;
  const classes = samples.neighbours.subarray(first, first + samples.neighbourCount[at]);
  return Object.fromEntries(Array.from(classes, (k, i) => [k, Number(samples.beside[first + i].toFixed(5))]));
}

describe('NeighbourMeter', () => {
  const setUp = () => ({ meter: new NeighbourMeter(4), samples: new SampleStore(16) });

  it('measures a request that is alone: its latency, and nobody beside it', () => {
    const { meter, samples } = setUp();
    meter.finish(meter.startSample(2, 1, 10), 10.5, samples);
    expect([samples.classIds[0], samples.slots[0]]).toEqual([2, 1]);
    expect(samples.seconds[0]).toBeCloseTo(0.5);
    expect(samples.steadySeconds[0]).toBeCloseTo(0.5);
    expect(companyOf(samples)).toEqual({});
  });

  it('weighs each other request by the part of the stay that it was there for', () => {
    const { meter, samples } = setUp();
    meter.start(1, 0, 0);
    const stay = meter.startSample(0, 0, 1);
    meter.start(3, 0, 2);
    meter.end(1, 0, 3);
    meter.finish(stay, 5, samples);
    expect(companyOf(samples)).toEqual({ 1: 0.5, 3: 0.75 });
    expect(samples.others[0]).toBeCloseTo(1.25);
  });

  it('counts others of its own class, and not the request itself', () => {
    const { meter, samples } = setUp();
    const stay = meter.startSample(0, 0, 0);
    meter.start(0, 0, 1);
    meter.finish(stay, 2, samples);
    expect(companyOf(samples)).toEqual({ 0: 0.5 });
  });

  it('ignores what happens on other machines', () => {
    const { meter, samples } = setUp();
    const stay = meter.startSample(0, 0, 0);
    meter.start(1, 1, 0);
    meter.finish(stay, 2, samples);
    expect(companyOf(samples)).toEqual({});
  });

  it('knows how many of each class were ahead at dispatch', () => {
    const { meter, samples } = setUp();
    meter.start(1, 0, 0);
    meter.start(1, 0, 0);
    meter.finish(meter.startSample(0, 0, 0), 1, samples);
    const at = samples.neighbours.indexOf(1);
    expect(samples.ahead[at]).toBe(2);
  });

  it('corrects a latency for company that came and went: the mean of 1/n is not 1 over the mean of n', () => {
    const { meter, samples } = setUp();
    const stay = meter.startSample(0, 0, 0);
    for (let i = 0; i < 3; i++) meter.start(1, 0, 1);
    meter.finish(stay, 2, samples);
    // Alone for a second, then one of four for a second: 1.25 s of the server, and 1.5 others in the mean.
    expect(samples.steadySeconds[0]).toBeCloseTo(1.25 * 2.5);
  });

  it('takes three other balancers to send as many requests as it sees itself', () => {
    const { meter, samples } = setUp();
    meter.balancers = 4;
    meter.start(1, 0, 0);
    const stay = meter.startSample(0, 0, 0);
    meter.end(1, 0, 1);
    meter.finish(stay, 2, samples);
    expect(companyOf(samples)).toEqual({ 1: 2 });
    expect(samples.ahead[0]).toBe(4);
    expect(samples.steadySeconds[0]).toBe(2);
  });

  it('takes nothing from a request that failed, or that took no time', () => {
    const { meter, samples } = setUp();
    meter.drop(meter.startSample(0, 0, 0), 1);
    meter.finish(meter.startSample(0, 0, 2), 2, samples);
    expect(samples.count).toBe(0);
  });

  it('reuses the record of an ended request without its past', () => {
    const { meter, samples } = setUp();
    meter.start(1, 0, 0);
    meter.finish(meter.startSample(0, 0, 0), 4, samples);
    meter.end(1, 0, 4);
    meter.finish(meter.startSample(0, 0, 5), 6, samples);
    expect(companyOf(samples, 1)).toEqual({});
  });

  it('ignores an end whose start it has not seen', () => {
    const { meter, samples } = setUp();
    meter.end(1, 0, 0);
    meter.finish(meter.startSample(0, 0, 0), 1, samples);
    expect(companyOf(samples)).toEqual({});
  });

  it('has no company left on a machine, or on any, that it was told to forget', () => {
    const { meter, samples } = setUp();
    for (const slot of [0, 1]) meter.start(1, slot, 0);
    meter.forgetSlot(0);
    meter.finish(meter.startSample(0, 0, 1), 2, samples);
    meter.forgetAll();
    meter.finish(meter.startSample(0, 1, 3), 4, samples);
    expect([companyOf(samples, 0), companyOf(samples, 1)]).toEqual([{}, {}]);
  });

  describe('order', () => {
    /** Four requests on a machine at all times; `next` says which of them leaves. */
    function orderAfter(next: (round: number) => number): number {
      const { meter, samples } = setUp();
      const stays = Array.from({ length: 4 }, () => meter.startSample(0, 0, 0));
      for (let round = 1; round < 2000; round++) {
        const [leaving] = stays.splice(next(round), 1);
        meter.finish(leaving, round, samples);
        stays.push(meter.startSample(0, 0, round));
      }
      return meter.order;
    }

    it('is 1 where requests leave in the order in which they came', () => {
      expect(orderAfter(() => 0)).toBeCloseTo(1, 2);
    });

    it('is 0 where they overtake each other', () => {
      expect(orderAfter((round) => (round * 7) % 4)).toBeCloseTo(0, 1);
    });
  });
});
