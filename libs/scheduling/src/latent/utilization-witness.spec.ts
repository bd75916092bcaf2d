// What the utilization that machines report shows of them.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../clock-and-random.js';
import { LatentFactors } from './latent-factors.js';
import { LatentLearner } from './latent-learner.js';
import { UtilizationWitness } from './utilization-witness.js';

const shape = { classCount: 2, slotCount: 4, rankLimit: 3 };

/** Three machines that are believed to be equally slow. */
function believed(rank = 2): LatentFactors {
  return new LatentFactors(shape, rank);
}

/** Lets the witness see ten requests per second on each of three machines, for so long. */
function serve(witness: UtilizationWitness, seconds: number, from = 0): void {
  for (let at = from; at < from + seconds; at += 0.1) {
    for (const slot of [0, 1, 2]) witness.ended(0, slot, at);
  }
}

/** A witness that has heard of machines for 20 s. `utilization` is by machine and resource. */
function aWitness(utilization: readonly (readonly number[])[]): UtilizationWitness {
  const witness = new UtilizationWitness(shape);
  for (let second = 0; second < 20; second++) {
    utilization.forEach((each, slot) => witness.report(slot, each));
    serve(witness, 1, second);
  }
  return witness;
}

/** The slowness that it gives machines, as a multiple of what is believed. */
function slowness(witness: UtilizationWitness, factors = believed()): number[][] | undefined {
  const beliefs = witness.beliefs(factors);
  if (!beliefs) return undefined;
  return [0, 1, 2].map((slot) => [0, 1].map((r) => beliefs.values[slot * 3 + r] / factors.slowness[slot * 3 + r]));
}

describe('UtilizationWitness', () => {
  it('takes a machine for slow at the resource where it is busier than the others', () => {
    const [first, second, third] = slowness(
      aWitness([
        [0.2, 0.3],
        [0.2, 0.6],
        [0.2, 0.3],
      ]),
    )!;
    expect(first).toEqual([expect.closeTo(1), expect.closeTo(1)]);
    expect(second).toEqual([expect.closeTo(1), expect.closeTo(2)]);
    expect(third).toEqual([expect.closeTo(1), expect.closeTo(1)]);
  });

  it('learns nothing from what all machines have in common, such as many cores', () => {
    expect(slowness(aWitness([[0.02], [0.02], [0.02]]))!.map(([first]) => first)).toEqual([
      expect.closeTo(1),
      expect.closeTo(1),
      expect.closeTo(1),
    ]);
  });

  it('expects a machine that is slow to be busier', () => {
    const factors = believed();
    factors.slowness[3] = 2;
    const witness = aWitness([[0.2], [0.4], [0.2]]);
    expect(slowness(witness, factors)!.map(([first]) => first)).toEqual([
      expect.closeTo(1),
      expect.closeTo(1),
      expect.closeTo(1),
    ]);
  });

  it('says nothing of a resource of which nothing is reported, nor of one machine alone', () => {
    const { values, weights } = aWitness([[NaN, 0.5], [NaN, NaN], [Infinity]]).beliefs(believed())!;
    expect(values.every((value) => value === 0)).toBe(true);
    expect(weights.every((weight) => weight === 0)).toBe(true);
  });

  it('says nothing to a model with fewer resources than are reported', () => {
    expect(
      aWitness([
        [0.1, 0.1],
        [0.2, 0.1],
      ]).beliefs(believed(1)),
    ).toBeUndefined();
  });

  it('forgets machines, and what they reported five minutes ago', () => {
    const witness = aWitness([[0.2], [0.4], [0.2]]);
    witness.forgetSlot(1);
    expect(witness.beliefs(believed())!.weights).toEqual(Float64Array.of(5, 0, 5, 0));
    serve(witness, 300, 20);
    expect(witness.beliefs(believed())!.weights).toEqual(new Float64Array(4));
  });

  it('leaves out time in which requests were missed', () => {
    const witness = aWitness([[0.2], [0.2]]);
    witness.interrupt();
    witness.ended(0, 0, 1e4);
    expect(witness.beliefs(believed())!.weights).toEqual(Float64Array.of(5, 5, 0, 0));
  });
});

describe('the model', () => {
  /**
   * The slowness at the first resource of three equal machines, of which the second says that it is `factor` times as busy
   * there as it is. Latencies and declarations agree on the truth.
   */
  function learned(factor: number, isAnchored = true): number[] {
    const learner = new LatentLearner(shape, seededRandom(3));
    const demands = [
      [4, 1],
      [1, 8],
    ];
    if (isAnchored) for (const slot of [0, 1, 2]) learner.declareMachine(slot, [10, 10]);
    if (isAnchored) demands.forEach((units, classId) => learner.declareDemand(classId, units, 50));
    let now = 0;
    for (let i = 0; i < 900; i++) {
      const [classId, slot] = [i % 2, i % 3];
      const stay = learner.start(classId, slot, now);
      now += classId === 0 ? 0.5 : 0.9;
      learner.end(stay, classId, slot, now, true);
      now += 0.05;
      for (const each of i % 5 === 0 ? [0, 1, 2] : []) {
        learner.reportUtilization(each, [each === 1 ? factor * 0.15 : 0.15, 0.15]);
      }
      learner.step(now);
    }
    const { table } = learner;
    return [0, 1, 2].map((slot) => table.slowness[slot * 3]);
  }

  it('takes a machine that is busier than the others for slower', () => {
    const [first, second] = learned(1.5);
    expect(second / first).toBeGreaterThan(1.01);
  });

  it('takes a machine that is less busy than the others for faster', () => {
    const [first, second] = learned(1 / 1.5);
    expect(second / first).toBeLessThan(0.99);
  });

  it.each([1e6, 1e3, 1e-6, 0, -1, NaN, Infinity])(
    'is moved little by a machine that says it is %d times as busy',
    (factor) => {
      const [first, second, third] = learned(factor);
      expect(second / first).toBeGreaterThan(1 / 1.4);
      expect(second / first).toBeLessThan(1.4);
      expect(third / first).toBeCloseTo(1, 1);
    },
  );

  it('does not use it while no resource has a name', () => {
    expect(learned(1000, false)).toEqual(learned(1, false));
  });
});
