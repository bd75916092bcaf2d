// Learned demand in the simulator. Runs are seeded, so their figures are reproducible.
import { describe, expect, it } from 'vitest';
import { EXACT, Trial } from './conditions.js';
import { LearnedDemand } from './demand-model.js';
import { LEARNING_FLEETS } from './fleets.js';
import { median, tails } from './measure.js';
import { simulate, type Scenario } from './simulation.js';

const REQUESTS = 4000;
const trials = LEARNING_FLEETS.map((fleet) => new Trial(fleet, EXACT));
const createDemandModel: NonNullable<Scenario['createDemandModel']> = (declared) => new LearnedDemand(declared);

function p99(trial: Trial, changes: Partial<Scenario>): number {
  const setting = (run: { requests: number; seed: number }): Scenario => ({
    ...trial.scenario('drf', 0.8, { ...run, discipline: 'processor-sharing' }),
    warmUp: 0,
    ...changes,
  });
  return median(tails(setting, REQUESTS, [1, 2, 3]));
}

describe.each(trials.map((trial) => [trial.fleet.name, trial] as const))('on %s, drf', (_, trial) => {
  it('is as good with the reported costs of 500 requests as with declared demand', () => {
    const opening = { requests: 500, rate: 0.8 * trial.bound };
    const learned = p99(trial, { opening, createDemandModel, reportsCost: true });
    expect(learned / p99(trial, { opening })).toBeLessThan(1.15);
  });

  it('is nearly as good with demand inferred from the latency of 5,000 requests', () => {
    const opening = { requests: 5000, rate: 0.5 * trial.bound };
    expect(p99(trial, { opening, createDemandModel }) / p99(trial, { opening })).toBeLessThan(1.5);
  });
});

describe('a run with an opening', () => {
  const [trial] = trials;
  const scenario = trial.scenario('drf', 0.8, { requests: 1000, seed: 1, discipline: 'fifo' });

  it('leaves it out, and measures the rest as if there were none', () => {
    const outcome = simulate({ ...scenario, warmUp: 0.1, opening: { requests: 500, rate: 0.1 * trial.bound } });
    expect(outcome.latencySeconds).toHaveLength(900);
  });

  it('makes the halfway change after half of the measured requests', () => {
    const stalled = trial.fleet.capacities.map((capacity) => capacity.map((units) => units / 1e6));
    const opening = { requests: 500, rate: 0.1 * trial.bound };
    const outcome = simulate({ ...scenario, opening, laterCapacities: stalled, endsWithLastArrival: true });
    expect(outcome.inSystemHalfway).toBeLessThan(100);
    // All 500 requests after the change are still in the system.
    expect(outcome.inSystemAtEnd - outcome.inSystemHalfway).toBeCloseTo(500, -2);
  });
});
