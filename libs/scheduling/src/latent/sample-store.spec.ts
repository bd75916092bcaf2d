// Which samples are kept, and how much of one.
import { describe, expect, it } from 'vitest';
import { aSample } from './latent.fixture.js';
import { SampleStore } from './sample-store.js';

describe('SampleStore', () => {
  it('keeps the newest samples, and knows their age', () => {
    const samples = new SampleStore(3);
    for (let classId = 0; classId < 5; classId++) samples.add(aSample({ classId }));
    expect([samples.count, samples.total]).toEqual([3, 5]);
    const byAge = [0, 1, 2].toSorted((a, b) => samples.age(a) - samples.age(b));
    expect(byAge.map((at) => samples.classIds[at])).toEqual([4, 3, 2]);
  });

  it.each([NaN, Infinity, -Infinity, 0, -1])('ignores a latency of %d seconds', (seconds) => {
    const samples = new SampleStore(3);
    samples.add(aSample({ seconds, steadySeconds: 1 }));
    samples.add(aSample({ seconds: 1, steadySeconds: seconds }));
    expect(samples.count).toBe(0);
  });

  it('keeps the classes with most requests beside it, at the number of all', () => {
    const samples = new SampleStore(1);
    const beside = Float64Array.from({ length: 12 }, (_, k) => k + 1);
    samples.add(aSample({ beside, ahead: beside }));
    const kept = samples.neighbours.subarray(0, samples.neighbourCount[0]);
    expect([...kept].toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(samples.beside.reduce((sum, n) => sum + n)).toBeCloseTo(78, 4);
    expect(samples.ahead.reduce((sum, n) => sum + n)).toBeCloseTo(78, 4);
  });

  it('marks the samples of a forgotten class and of a forgotten machine, and only those', () => {
    const samples = new SampleStore(4);
    for (const [classId, slot] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ])
      samples.add(aSample({ classId, slot }));
    samples.forgetClass(0);
    samples.forgetSlot(1);
    expect([...samples.isValid]).toEqual([0, 1, 0, 0]);
  });

  it('counts a sample again in a place whose former sample was forgotten', () => {
    const samples = new SampleStore(1);
    samples.add(aSample());
    samples.forgetClass(0);
    samples.add(aSample({ classId: 1 }));
    expect(samples.isValid[0]).toBe(1);
  });
});
