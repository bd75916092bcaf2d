// Nothing declared, in the simulator: a short form of the bars of `npm run bench:placement -- --latent`. Runs are seeded, so
// their figures are reproducible.
import { describe, expect, it } from 'vitest';
import { EQUAL, LATENT_FLEETS, RANDOM_FLEETS, SITUATIONS, measure, type Mode, type Situation } from './latent.js';
import type { Fleet } from './fleets.js';

const SEEDS = { learningSeeds: [1] };

function p99(situation: Situation, fleet: Fleet, mode: Mode): number {
  return measure({ ...SITUATIONS[situation], fleet }, mode, SEEDS).p99[0];
}

function overDeclared(situation: Situation, fleet: Fleet, mode: Mode = 'nothing declared'): number {
  return p99(situation, fleet, mode) / p99(situation, fleet, 'declared');
}

const [polar, web, skewed] = LATENT_FLEETS;

describe.each([polar, web, skewed].map((fleet) => [fleet.name, fleet] as const))(
  'on %s, with nothing declared',
  (_, fleet) => {
    it('drf is nearly as good as with the truth declared', () => {
      expect(overDeclared('exact', fleet)).toBeLessThan(1.25);
    });

    it('drf is not far off when work is noise', () => {
      expect(overDeclared('noise', fleet)).toBeLessThan(1.5);
    });
  },
);

describe('drf with nothing declared', () => {
  it('follows a machine that halves', () => {
    expect(overDeclared('halved', polar)).toBeLessThan(1.5);
  });

  it('is not misled by wrong declarations', () => {
    expect(overDeclared('exact 0.7', polar, 'declared wrongly')).toBeLessThan(1.3);
  });

  it('settles after a cold start, with a backlog that does not grow', () => {
    const { p99: tails, growth } = measure({ ...SITUATIONS.cold, fleet: skewed }, 'nothing declared', SEEDS);
    expect(tails[0] / p99('cold', skewed, 'declared')).toBeLessThan(1.3);
    expect(growth[0]).toBeLessThan(1.3);
  });

  it('is no worse than least-requests where machines and requests are all alike', () => {
    expect(p99('exact', EQUAL, 'nothing declared') / p99('exact', EQUAL, 'least-requests')).toBeLessThan(1.05);
  });

  it('is as good behind two threads with one learner', () => {
    expect(overDeclared('two threads', polar)).toBeLessThan(1.25);
  });

  it('is close to the truth on fleets drawn at random', () => {
    for (const fleet of RANDOM_FLEETS.slice(0, 4)) expect(overDeclared('random', fleet), fleet.name).toBeLessThan(1.5);
  });
});
