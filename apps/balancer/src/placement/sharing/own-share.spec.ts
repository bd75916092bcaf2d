// What a balancer shares is its own: from its samples, and from those before its last start.
import type { LatentTable, Share, SharedEntry } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { numberedBeliefs, isMissing } from './named-table.js';
import { ownShare } from './own-share.js';

const SHAPE = { classCount: 3, slotCount: 4, rankLimit: 3 };
const NUMBERING = {
  classes: new Map([
    ['GET /a', 0],
    ['GET /b', 2],
  ]),
  machines: new Map([
    ['m0', 0],
    ['m3', 3],
  ]),
};
const LIMITS = { classes: 10, machines: 10 };

/** Of rank 2: the values of class or slot i are 10 i + 1 and 10 i + 2. */
function aTable(changes: Partial<LatentTable> = {}): LatentTable {
  const entries = (count: number) =>
    Float64Array.from({ length: 3 * count }, (_, at) => 10 * Math.floor(at / 3) + (at % 3) + 1);
  return {
    shape: SHAPE,
    version: 1,
    model: 'latent',
    rank: 2,
    demand: entries(3),
    slowness: entries(4),
    classSamples: Float64Array.of(100, 0, 60),
    slotSamples: Float64Array.of(90, 0, 0, 70),
    adoptedClassSamples: new Float64Array(3),
    adoptedSlotSamples: new Float64Array(4),
    loss: 0.1,
    formerLoss: NaN,
    exploration: 0,
    ...changes,
  };
}

const aShare = (classes: Record<string, SharedEntry>, machines: Record<string, SharedEntry>): Share => ({
  balancer: 'own',
  rank: 2,
  classes: new Map(Object.entries(classes)),
  machines: new Map(Object.entries(machines)),
});
const NOTHING = aShare({}, {});

describe('the own share', () => {
  it('has what is known of classes and machines, by name', () => {
    expect(ownShare(aTable(), NUMBERING, NOTHING, LIMITS)).toEqual(
      aShare(
        { 'GET /a': { values: [1, 2], samples: 100 }, 'GET /b': { values: [21, 22], samples: 60 } },
        { m0: { values: [1, 2], samples: 90 }, m3: { values: [31, 32], samples: 70 } },
      ),
    );
  });

  it('has nothing that was adopted', () => {
    const adoptedClassSamples = Float64Array.of(100, 0, 40);
    const adoptedSlotSamples = Float64Array.of(0, 0, 0, 70);
    const share = ownShare(aTable({ adoptedClassSamples, adoptedSlotSamples }), NUMBERING, NOTHING, LIMITS);
    expect(share?.classes).toEqual(new Map([['GET /b', { values: [21, 22], samples: 20 }]]));
    expect(share?.machines).toEqual(new Map([['m0', { values: [1, 2], samples: 90 }]]));
  });

  it('keeps what was known before the last start while nothing is learned', () => {
    const former = aShare({ 'GET /old': { values: [5, 6], samples: 50 } }, { gone: { values: [7, 8], samples: 40 } });
    const nothing = { classSamples: new Float64Array(3), slotSamples: new Float64Array(4) };
    expect(ownShare(aTable(nothing), NUMBERING, former, LIMITS)).toEqual(former);
  });

  it('adds samples from before the last start, which fade as others come, in the present scale', () => {
    const former = aShare(
      {
        'GET /a': { values: [2, 1], samples: 50 },
        'GET /b': { values: [22, 10.5], samples: 50 },
        'GET /old': { values: [10, 10], samples: 50 },
      },
      { m0: { values: [2, 4], samples: 50 }, m3: { values: [32, 62], samples: 50 } },
    );
    // The resources have changed places, and the second one has half its scale.
    const share = ownShare(aTable(), NUMBERING, former, LIMITS);
    const fading = 2 ** (-160 / 2_000);
    expect(share?.classes.get('GET /a')).toEqual({ values: [1, 2], samples: 100 + fading * 50 });
    expect(share?.classes.get('GET /old')?.samples).toBe(fading * 50);
    expect(share?.classes.get('GET /old')?.values).toHaveLength(2);
    expect(share?.classes.get('GET /old')?.values).not.toEqual([10, 10]);
  });

  it('is bounded: those with the most samples', () => {
    const share = ownShare(aTable(), NUMBERING, NOTHING, { classes: 1, machines: 1 });
    expect([...share!.classes.keys(), ...share!.machines.keys()]).toEqual(['GET /a', 'm0']);
  });

  it('is none where nothing is known, or all requests are taken to be alike', () => {
    const nothing = { classSamples: new Float64Array(3), slotSamples: new Float64Array(4) };
    expect(ownShare(aTable(nothing), NUMBERING, NOTHING, LIMITS)).toBeUndefined();
    expect(ownShare(aTable({ model: 'least-requests' }), NUMBERING, NOTHING, LIMITS)).toBeUndefined();
  });
});

describe('what was merged', () => {
  const merged = {
    rank: 2,
    classes: new Map([
      ['GET /b', { values: [3, 4], samples: 50, from: ['x'] }],
      ['GET /unknown', { values: [5, 6], samples: 50, from: ['x'] }],
    ]),
    machines: new Map([['m3', { values: [7, 8], samples: 9, from: ['x'] }]]),
  };

  it('gets the numbers of the table, without what has none', () => {
    const table = numberedBeliefs(merged, aTable(), NUMBERING);
    expect(Array.from(table.demand)).toEqual([0, 0, 0, 0, 0, 0, 3, 4, 0]);
    expect(Array.from(table.slowness)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 8, 0]);
    expect(Array.from(table.classSamples)).toEqual([0, 0, 50]);
    expect(Array.from(table.slotSamples)).toEqual([0, 0, 0, 9]);
  });

  it('is missing as long as the table says nothing of what has a number', () => {
    expect(isMissing(merged, aTable(), NUMBERING)).toBe(false);
    expect(isMissing(merged, aTable({ classSamples: new Float64Array(3) }), NUMBERING)).toBe(true);
    expect(isMissing(merged, aTable({ slotSamples: new Float64Array(4) }), NUMBERING)).toBe(true);
    const others = { classes: new Map([['GET /other', 1]]), machines: new Map([['other', 1]]) };
    expect(isMissing(merged, aTable(), others)).toBe(false);
  });
});
