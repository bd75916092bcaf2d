// Compares the simulator with queueing theory, and the bound with values computed by hand.
import { createPolicy } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { mostRequestsPerSecond } from './bound.js';
import { FLEETS, type Fleet } from './fleets.js';
import { simulate, type Scenario } from './simulation.js';

const ONE_SERVER: Fleet = { name: 'one', capacities: [[10]], classes: [{ probability: 1, demand: [5] }] };
const SERVICE_SECONDS = 0.5;
const UTILISATION = 0.7;

function aScenario(changes: Partial<Scenario> = {}): Scenario {
  const fleet = changes.fleet ?? ONE_SERVER;
  return {
    fleet,
    trueCapacities: fleet.capacities,
    rate: UTILISATION / SERVICE_SECONDS,
    requests: 100_000,
    warmUp: 0.1,
    seed: 1,
    discipline: 'fifo',
    layout: 'series',
    noiseSigma: 0,
    balancers: 1,
    hearSeconds: Infinity,
    createPolicy: (context) => createPolicy('drf', context),
    ...changes,
  };
}

function mean(latencySeconds: Float64Array): number {
  return latencySeconds.reduce((sum, seconds) => sum + seconds, 0) / latencySeconds.length;
}

describe('a single server', () => {
  it('first come, first served, waits as long as the Pollaczek–Khinchine formula predicts', () => {
    const expected = SERVICE_SECONDS + (UTILISATION * SERVICE_SECONDS) / (2 * (1 - UTILISATION));
    expect(mean(simulate(aScenario()).latencySeconds) / expected).toBeCloseTo(1, 1);
  });

  it.each([0, 0.7])(
    'with processor sharing, takes s / (1 − ρ) on average for any spread of work (σ = %d)',
    (noiseSigma) => {
      const { latencySeconds } = simulate(aScenario({ discipline: 'processor-sharing', noiseSigma }));
      expect(mean(latencySeconds) / (SERVICE_SECONDS / (1 - UTILISATION))).toBeCloseTo(1, 1);
    },
  );

  it('falls behind at the rate of the excess load', () => {
    const requests = 20_000;
    const outcome = simulate(aScenario({ requests, rate: 1.25 / SERVICE_SECONDS, endsWithLastArrival: true }));
    expect((outcome.inSystemAtEnd - outcome.inSystemHalfway) / (requests / 2)).toBeCloseTo(0.2, 1);
  });
});

describe('a run', () => {
  const fleet = FLEETS.find(({ name }) => name === 'polar')!;

  it('gives the same result for the same seed, and a different one for a different seed', () => {
    const run = { fleet, rate: 20, requests: 2000 };
    const first = simulate(aScenario(run)).latencySeconds;
    expect(simulate(aScenario(run)).latencySeconds).toEqual(first);
    expect(simulate(aScenario({ ...run, seed: 2 })).latencySeconds).not.toEqual(first);
  });

  it.each(['series', 'parallel'] as const)(
    'takes exactly as long as its work without other requests (%s)',
    (layout) => {
      const classes = [{ probability: 1, demand: [4, 2] }];
      const lone = { name: 'lone', capacities: [[4, 4]], classes };
      const { latencySeconds } = simulate(aScenario({ fleet: lone, layout, rate: 1e-6, requests: 100 }));
      for (const seconds of latencySeconds) expect(seconds).toBeCloseTo(layout === 'series' ? 1.5 : 1);
    },
  );

  it('loses no request, even with several balancers, a shift and a slowed backend', () => {
    const { latencySeconds, refused } = simulate(
      aScenario({
        fleet,
        rate: 20,
        requests: 5000,
        warmUp: 0,
        balancers: 3,
        hearSeconds: 0.5,
        laterClasses: fleet.classes.toReversed(),
        laterCapacities: fleet.capacities.map((capacity) => capacity.map((units) => units / 2)),
      }),
    );
    expect([latencySeconds.length, refused]).toEqual([5000, 0]);
  });

  it('places better with several balancers that know at once what the others have in flight', () => {
    const even = FLEETS.find(({ name }) => name === 'even')!;
    const rate = 0.8 * mostRequestsPerSecond(even.capacities, even.classes);
    const run = { fleet: even, rate, requests: 5000, discipline: 'processor-sharing', balancers: 4 } as const;
    const blind = simulate(aScenario(run));
    const told = simulate(aScenario({ ...run, hearSeconds: 0.01 }));
    const byResponses = simulate(aScenario({ ...run, reportsLoad: true }));
    expect(mean(told.latencySeconds)).toBeLessThan(0.95 * mean(blind.latencySeconds));
    expect(byResponses.latencySeconds).not.toEqual(blind.latencySeconds);
  });
});

describe('λ*', () => {
  it('is total capacity over mean demand for identical machines', () => {
    const even = FLEETS.find(({ name }) => name === 'even')!;
    expect(mostRequestsPerSecond(even.capacities, even.classes)).toBeCloseTo(40 / 5.5);
  });

  it('counts only capacity that can be used together', () => {
    // One machine has only compute, the other only storage; every request needs both.
    const both = [{ probability: 1, demand: [1, 1] }];
    expect(
      mostRequestsPerSecond(
        [
          [8, 0],
          [0, 8],
        ],
        both,
      ),
    ).toBeCloseTo(0);
    expect(
      mostRequestsPerSecond(
        [
          [8, 2],
          [2, 8],
        ],
        both,
      ),
    ).toBeCloseTo(4);
  });
});
