// What several balancers believe, as one.
import { describe, expect, it } from 'vitest';
import { POLAR, trueWork } from '../latent.fixture.js';
import { mergeShares, type MergedShares } from './merge-shares.js';
import { alignShare, type Share, type SharedEntry } from './share.js';

const RANK = 2;
const CLASSES = ['GET /a', 'GET /b', 'GET /c'];
const MACHINES = ['m1', 'm2', 'm3'];

interface Wanted {
  /** Of the latent resources, what the demand is multiplied by, and the slowness divided by. */
  readonly scale?: readonly number[];
  /** Whether the latent resources have changed places. */
  readonly isTurned?: boolean;
  readonly samples?: number;
  readonly without?: readonly string[];
  /** Of each machine, by id: how much slower it is believed to be. */
  readonly slower?: Readonly<Record<string, number>>;
}

/** The truth, as a balancer may know it. */
function aShare(balancer: string, wanted: Wanted = {}): Share {
  const { scale = [1, 1], isTurned = false, samples = 40, without = [], slower = {} } = wanted;
  const entries = (names: readonly string[], values: readonly (readonly number[])[], power: number) =>
    new Map<string, SharedEntry>(
      names
        .map((name, i): [string, SharedEntry] => {
          const scaled = values[i].map((value, r) => value * scale[r] ** power * (slower[name] ?? 1));
          return [name, { values: isTurned ? scaled.toReversed() : scaled, samples }];
        })
        .filter(([name]) => !without.includes(name)),
    );
  return {
    balancer,
    rank: RANK,
    classes: entries(CLASSES, POLAR.demand, 1),
    machines: entries(MACHINES, POLAR.slowness, -1),
  };
}

function work({ classes, machines }: Pick<MergedShares | Share, 'classes' | 'machines'>, k: number, s: number): number {
  const [demand, slowness] = [classes.get(CLASSES[k])!.values, machines.get(MACHINES[s])!.values];
  return demand.reduce((sum, units, r) => sum + units * slowness[r], 0);
}

const exactly = (k: number, s: number) => trueWork(POLAR, k, s).reduce((sum, seconds) => sum + seconds);

function expectTruth(merged: MergedShares | Share | undefined, tolerance = 1.001): void {
  for (const k of [0, 1, 2])
    for (const s of [0, 1, 2]) {
      const ratio = work(merged!, k, s) / exactly(k, s);
      expect(Math.max(ratio, 1 / ratio)).toBeLessThan(tolerance);
    }
}

describe('alignShare', () => {
  it('brings a share to the order and the scale of another', () => {
    const aligned = alignShare(aShare('b', { isTurned: true, scale: [100, 0.01] }), aShare('a'));
    expectTruth(aligned);
    aligned!.machines.get('m1')!.values.forEach((value, r) => expect(value).toBeCloseTo(POLAR.slowness[0][r]));
  });

  it('does so by what both know, for all else too', () => {
    const aligned = alignShare(aShare('b', { isTurned: true, scale: [100, 0.01] }), aShare('a', { without: ['m3'] }));
    aligned!.machines.get('m3')!.values.forEach((value, r) => expect(value).toBeCloseTo(POLAR.slowness[2][r]));
  });

  it('says nothing of shares with too little in common, or of another rank', () => {
    expect(alignShare(aShare('b'), aShare('a', { without: ['m1', 'm2', 'm3'] }))).toBeUndefined();
    expect(alignShare(aShare('b'), aShare('a', { without: ['m1', 'm2', 'GET /a'] }))).toBeUndefined();
    expect(alignShare({ ...aShare('b'), rank: 1 }, aShare('a'))).toBeUndefined();
  });

  it('says nothing of shares that disagree on most of what both know', () => {
    const slower = { m1: 100, m2: 1e4, m3: 1e6 };
    expect(alignShare(aShare('b', { slower }), aShare('a'))).toBeUndefined();
  });
});

describe('mergeShares', () => {
  it('of one share is that', () => {
    const merged = mergeShares([aShare('a')]);
    expectTruth(merged);
    expect(merged?.classes.get('GET /a')).toEqual({ values: POLAR.demand[0], samples: 40, from: ['a'] });
  });

  it('of none is nothing', () => {
    expect(mergeShares([])).toBeUndefined();
    expect(mergeShares([], aShare('own'))).toBeUndefined();
  });

  it('knows what any of them knows, and who', () => {
    const others = [aShare('a', { without: ['m3'] }), aShare('b', { isTurned: true, without: ['GET /c'] })];
    const merged = mergeShares(others);
    expectTruth(merged);
    expect(merged?.machines.get('m3')?.from).toEqual(['b']);
    expect(merged?.classes.get('GET /c')?.from).toEqual(['a']);
    expect(merged?.classes.get('GET /a')).toMatchObject({ from: ['a', 'b'], samples: 80 });
  });

  it('weighs by samples', () => {
    const merged = mergeShares([aShare('a', { samples: 45 }), aShare('b', { samples: 5, slower: { m1: 2 } })]);
    expect(work(merged!, 0, 0) / exactly(0, 0)).toBeCloseTo(2 ** 0.1, 2);
  });

  it('no number of samples makes one balancer decide', () => {
    const hostile = aShare('c', { samples: 1e9, slower: { m1: 1e6 } });
    expectTruth(mergeShares([aShare('a'), aShare('b'), hostile]), 4 ** (50 / 130) * 1.01);
  });

  it('follows the majority where the first one disagrees with all', () => {
    const hostile = aShare('c', { samples: 1e9, slower: { m1: 1e6, m2: 1e-6, m3: 1e3 } });
    const merged = mergeShares([hostile, aShare('a'), aShare('b')]);
    expectTruth(merged);
    expect(merged?.machines.get('m1')?.from).toEqual(['a', 'b']);
  });

  it('is in the order and the scale of what the balancer believes itself', () => {
    const own = aShare('own', { isTurned: true, scale: [50, 2], without: ['m3'] });
    const merged = mergeShares([aShare('a')], own);
    const [first, second] = POLAR.slowness[2];
    expect(merged?.machines.get('m3')?.values[0]).toBeCloseTo(second / 2);
    expect(merged?.machines.get('m3')?.values[1]).toBeCloseTo(first / 50);
    expect(merged?.machines.get('m3')?.from).toEqual(['a']);
  });
});
