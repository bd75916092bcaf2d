// What people are shown of a table of beliefs.
import type { LatentTable } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { beliefsOf, latentAmounts, machineBelief } from './beliefs.js';
import { aTable } from './latent-table.fixture.js';
import type { Beliefs } from './latent-link.js';

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
});
