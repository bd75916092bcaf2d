import { describe, expect, it } from 'vitest';
import { FleetSnapshot } from './fleet-snapshot.js';

describe('a fleet snapshot', () => {
  it('stores its members by position', () => {
    const fleet = new FleetSnapshot(2, [
      { slot: 7, capacity: [4, 0], maxActive: 3 },
      { slot: 2, capacity: [2, 8], key: 99 },
    ]);
    expect(fleet.size).toBe(2);
    expect(Array.from(fleet.slots)).toEqual([7, 2]);
    expect(Array.from(fleet.capacity)).toEqual([4, 0, 2, 8]);
    expect(Array.from(fleet.inverseCapacity)).toEqual([0.25, Infinity, 0.5, 0.125]);
    expect(Array.from(fleet.maxActive)).toEqual([3, Infinity]);
    expect(Array.from(fleet.keys)).toEqual([7, 99]);
  });

  it('knows whose capacity is a stand-in, also at observed speeds', () => {
    const fleet = new FleetSnapshot(1, [
      { slot: 0, capacity: [4] },
      { slot: 1, capacity: [4], isDeclared: false },
      { slot: 2, capacity: [4], isDeclared: true },
    ]);
    for (const each of [fleet, fleet.atSpeeds(() => 2, fleet)]) {
      expect([0, 1, 2].map((position) => each.isDeclaredAt(position))).toEqual([true, false, true]);
    }
  });

  it.each([
    ['all of them do', [{ slot: 0, capacity: [1, 1] }], true],
    ['one has none of a resource', [{ slot: 0, capacity: [1, 0] }], false],
    ['one has an in-flight limit', [{ slot: 0, capacity: [1, 1], maxActive: 9 }], true],
  ])('knows whether all members have all resources: %s', (_, members, hasAllResources) => {
    expect(new FleetSnapshot(2, members).hasAllResources).toBe(hasAllResources);
  });

  describe('at observed speeds', () => {
    const declared = new FleetSnapshot(2, [
      { slot: 5, capacity: [10, 20], maxActive: 4, key: 1 },
      { slot: 3, capacity: [30, 0] },
    ]);
    const halved = (slot: number) => (slot === 5 ? 0.5 : 1);

    it('changes the capacities and nothing else', () => {
      const fleet = declared.atSpeeds(halved, declared);
      expect(Array.from(fleet.capacity)).toEqual([5, 10, 30, 0]);
      expect([fleet.slots, fleet.maxActive, fleet.keys]).toEqual([declared.slots, declared.maxActive, declared.keys]);
      expect([fleet.declared, declared.declared]).toEqual([declared, declared]);
    });

    it('scales the declared capacities, not the previous result', () => {
      const fleet = declared.atSpeeds(halved, declared);
      expect(declared.atSpeeds(halved, fleet)).toBe(fleet);
      expect(Array.from(declared.atSpeeds(() => 1, fleet).capacity)).toEqual([10, 20, 30, 0]);
    });

    it('is the previous snapshot while no capacity differs by more than 2 %', () => {
      expect(declared.atSpeeds(() => 1.019, declared)).toBe(declared);
      expect(declared.atSpeeds(() => 0.981, declared)).toBe(declared);
      expect(declared.atSpeeds((slot) => (slot === 3 ? 1.021 : 1), declared)).not.toBe(declared);
    });
  });
});

describe('the weight of a backend', () => {
  const weightsOf = (...capacities: number[][]) =>
    new FleetSnapshot(
      capacities[0].length,
      capacities.map((capacity, slot) => ({ slot, capacity })),
    ).weights;

  it('is 1 when all are equal', () => {
    expect([...weightsOf([10, 2], [10, 2])]).toEqual([1, 1]);
  });

  it('grows with size, a little less than in proportion', () => {
    const [small, large] = weightsOf([1, 1], [16, 16]);
    expect(large / small).toBeCloseTo(8);
  });

  it('is the same for mirrored shapes, in whatever units', () => {
    const [first, second] = weightsOf([30, 6000], [6, 30_000]);
    expect(first).toBeCloseTo(second);
  });

  it('goes by the size that it is given, if it is', () => {
    const declared = new FleetSnapshot(1, [
      { slot: 0, capacity: [10] },
      { slot: 1, capacity: [10] },
    ]);
    const [small, large] = declared.withCapacities(2, [1, 16], () => [5, 5]).weights;
    expect(large / small).toBeCloseTo(8);
  });

  it('leaves a resource out that the backend does not have', () => {
    const weights = weightsOf([10, 0], [10, 40], [0, 0]);
    expect(weights[0]).toBeCloseTo(1);
    expect(weights.every((weight) => Number.isFinite(weight) && weight > 0)).toBe(true);
  });
});
