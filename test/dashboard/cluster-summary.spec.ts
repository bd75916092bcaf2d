// What the page shows of a cluster: the summary that it is sent, and its words, from the very module that the browser runs.
import { describe, expect, it } from 'vitest';
import { type Difference, summaryOf } from '../../apps/dashboard/src/live/cluster-summary.js';
import { aBalancerView, aClusterView } from '../support/cluster-view.js';

interface Differences {
  named(balancers: readonly string[]): string;
  viewsElsewhere(difference: Difference | undefined, state: string, balancer: string): string;
}

const file = new URL('../../apps/dashboard/public/assets/cluster/differences.js', import.meta.url).href;
const { named, viewsElsewhere } = (await import(file)) as Differences;

describe('the summary of a cluster', () => {
  it('counts the backends of each balancer, and names those that live balancers see differently', () => {
    const gone = aBalancerView('balancer-3', { a: 'down' }, { isLive: false });
    const balancers = [
      aBalancerView('balancer-1', { a: 'up', b: 'up' }),
      aBalancerView('balancer-2', { a: 'up' }),
      gone,
    ];
    const summary = summaryOf(aClusterView(balancers));
    expect(summary?.balancers.map(({ id, up, backends }) => [id, up, backends])).toEqual([
      ['balancer-1', 2, 2],
      ['balancer-2', 1, 1],
      ['balancer-3', 0, 1],
    ]);
    expect(summary?.differing).toBe(1);
    expect(summary?.differences).toEqual([
      {
        backend: 'b',
        views: [
          { balancer: 'balancer-1', state: 'up' },
          { balancer: 'balancer-2', state: 'unknown' },
        ],
      },
    ]);
  });

  it('is bounded, however many backends are seen differently or cannot be used', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `files-${i}`);
    const all = Object.fromEntries(ids.map((id) => [id, 'up' as const]));
    const unusableRecords = ids.map((id) => ({ id, problem: 'corrupt' as const, reason: 'it is no record' }));
    const view = aClusterView([aBalancerView('balancer-1', all), aBalancerView('balancer-2', {})], { unusableRecords });
    const summary = summaryOf(view);
    expect(summary).toMatchObject({ differing: 1000, unusable: 1000 });
    expect([summary?.differences.length, summary?.registry.unusableRecords.length]).toEqual([50, 50]);
  });

  it('is null for a single balancer with a registry of its own only', () => {
    const one = [aBalancerView('balancer-1', {})];
    expect(summaryOf(aClusterView(one, { isShared: false }))).toBeNull();
    expect(summaryOf(aClusterView(one))).not.toBeNull();
    expect(summaryOf(aClusterView([...one, ...one], { isShared: false }))).not.toBeNull();
  });
});

describe('how other balancers see a backend', () => {
  const views = [
    { balancer: 'b1', state: 'up' as const },
    { balancer: 'b2', state: 'down' as const },
    { balancer: 'b3', state: 'down' as const },
    { balancer: 'b4', state: 'down' as const },
    { balancer: 'b5', state: 'unknown' as const },
  ];
  const difference = { backend: 'files-1', views };

  it.each([
    ['up', 'b1', 'down at 3 balancers, unknown at b5'],
    ['down', 'b2', 'up at b1, unknown at b5'],
  ])('where this one sees it %s', (state, balancer, text) => {
    expect(viewsElsewhere(difference, state, balancer)).toBe(text);
  });

  it('is empty where all see it alike', () => {
    expect(viewsElsewhere(undefined, 'up', 'b1')).toBe('');
    expect(viewsElsewhere({ ...difference, views: views.slice(1, 4) }, 'down', 'b1')).toBe('');
  });

  it('names at most two balancers', () => {
    expect([['b1'], ['b1', 'b2'], ['b1', 'b2', 'b3']].map((names) => named(names))).toEqual([
      'b1',
      'b1 and b2',
      '3 balancers',
    ]);
  });
});
