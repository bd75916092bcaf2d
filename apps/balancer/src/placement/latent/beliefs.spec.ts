// What people are shown of a table of beliefs.
import type { LatentTable } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { beliefsOf, latentAmounts, machineBelief, speedOf, usualCapacity } from './beliefs.js';
import type { Beliefs } from './latent-link.js';

/** Two classes and three machines over two of three latent resources; nothing is known of the last ones. */
function aTable(more: Partial<LatentTable> = {}): LatentTable {
  return {
    shape: { classCount: 2, slotCount: 3, rankLimit: 3 },
    version: 4,
    model: 'latent',
    rank: 2,
    demand: Float64Array.of(2, 8, 1, 1, 1, 1),
    slowness: Float64Array.of(0.5, 0.25, 1, 1, 4, 1, 1, 1, 1),
    classSamples: Float64Array.of(99.6, 0),
    slotSamples: Float64Array.of(400, 25, 0),
    adoptedClassSamples: new Float64Array(2),
    adoptedSlotSamples: new Float64Array(3),
    loss: NaN,
    formerLoss: NaN,
    exploration: 0.01,
    ...more,
  };
}

describe('latent resources', () => {
  it('are numbered from 1, and those that are not in use are left out', () => {
    expect(latentAmounts([3, 4, 5], 2)).toEqual({ 'latent-1': 3, 'latent-2': 4 });
  });
});

describe('what is believed of a class', () => {
  const beliefs = (more: { reported?: Beliefs['reported']; table?: LatentTable } = {}) =>
    beliefsOf(
      {
        table: aTable(),
        names: ['GET /a', 'GET /b'],
        numbers: new Map([
          ['GET /a', 0],
          ['GET /b', 1],
        ]),
        reported: [],
        isAnchored: false,
        ...more,
      },
      Float64Array.of(10, 40),
    );

  it('is its demand by latent resource, with what it is based on', () => {
    const [a, b] = beliefs();
    expect(a).toMatchObject({ latent: { 'latent-1': 2, 'latent-2': 8 }, source: 'inferred', samples: 100 });
    expect(a.confidence).toBeCloseTo(1 / (1 + 1 / 10));
    expect(b).toMatchObject({ latent: { 'latent-1': 1, 'latent-2': 1 }, source: 'prior', samples: 0, confidence: 0 });
  });

  it('is an equal part of each declared resource where there are fewer latent ones', () => {
    expect(beliefs({ table: aTable({ rank: 1 }) })[0]).toMatchObject({
      demand: Float64Array.of(1, 4),
      latent: { 'latent-1': 2 },
    });
  });

  it('counts apart what was adopted', () => {
    const table = aTable({ adoptedClassSamples: Float64Array.of(30, 0) });
    expect(beliefs({ table })[0]).toMatchObject({ source: 'inferred', samples: 70, adoptedSamples: 30 });
  });

  it('is what was reported first, as it was reported', () => {
    const [a] = beliefs({ reported: [{ units: [3, 5], reports: 7 }] });
    expect(a).toMatchObject({ source: 'reported', samples: 7, demand: Float64Array.of(3, 5) });
    expect(a.latent).toEqual({ 'latent-1': 2, 'latent-2': 8 });
  });
});

describe('what is believed of a machine', () => {
  it('is its slowness by latent resource, with what it is based on', () => {
    expect(machineBelief(aTable(), 0)).toEqual({
      slowness: { 'latent-1': 0.5, 'latent-2': 0.25 },
      samples: 400,
      adoptedSamples: 0,
      confidence: expect.closeTo(20 / 21) as number,
    });
    expect(machineBelief(aTable(), 2)).toMatchObject({ samples: 0, confidence: 0 });
  });

  it('counts apart what was adopted, and knows it as surely', () => {
    const table = aTable({ adoptedSlotSamples: Float64Array.of(0, 24.8, 0) });
    expect(machineBelief(table, 1)).toMatchObject({ samples: 0, adoptedSamples: 25, confidence: 5 / 6 });
  });

  it.each([
    ['of one that declares half of what it does', 0, [1, 2], 2],
    ['of one that does what it declares', 1, [1, 0.25], 1],
    ['of one without the second resource', 0, [1, 0], 2],
    ['is bounded', 0, [1e-6, 1e-6], 16],
    ['is bounded below', 0, [1e6, 1e6], 1 / 16],
    ['is 1 where nothing can be compared', 0, [0, 0], 1],
  ])('its speed %s', (_, slot, capacity, speed) => {
    expect(speedOf(aTable(), slot, capacity, [1, 1])).toBeCloseTo(speed);
  });

  it('its speed counts all resources where the model has fewer than are declared', () => {
    const declared = [
      [10, 40],
      [40, 10],
      [20, 80],
    ];
    const usual = usualCapacity([...declared, [0, 0]], 2);
    expect([...usual]).toEqual([expect.closeTo(20), expect.closeTo(31.7, 1)]);
    // The first two are as fast as the usual one, and the third is half as fast.
    const table = aTable({ rank: 1, slowness: Float64Array.of(1 / 20, 1, 1, 1 / 20, 1, 1, 1 / 10, 1, 1) });
    const [first, second, third] = declared.map((capacity, slot) => speedOf(table, slot, capacity, usual));
    expect(first).toBeCloseTo(second);
    expect(third / first).toBeCloseTo(1 / 4);
  });

  it('its speed is relative to the usual backend where nothing is declared', () => {
    const usual = usualCapacity([], 2);
    expect([...usual]).toEqual([1, 1]);
    expect(speedOf(aTable({ rank: 1 }), 0, [1, 1], usual)).toBeCloseTo(2);
  });
});
