// Placement within pools: each request goes to the backends of its pool, by the policy of its pool.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicSeconds, sharedSecondsFromSeconds } from '../clock/monotonic.js';
import { aRegistry } from '../registry/registry.fixture.js';
import { ClusterFacts } from '../registry/snapshot/cluster-facts.js';
import { FleetValidity } from '../registry/snapshot/fleet-validity.js';
import { usePools } from '../traffic-config/current-traffic.fixture.js';
import { TrustedLearning } from './trusted-learning.js';
import { DrfScheduler } from './drf.scheduler.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** The default pool places by `round-robin`, and `reports` by `least-requests`. */
function aScheduler() {
  const fleet = aRegistry({ PLACEMENT_POLICY: 'round-robin', SLOW_START_SECONDS: '0' });
  const { registry, table, traffic, config } = fleet;
  usePools(traffic, { name: 'reports', policy: 'least-requests' });
  const facts = new ClusterFacts();
  const learning = new TrustedLearning(registry, table, config);
  const validity = new FleetValidity(facts, registry);
  const scheduler = new DrfScheduler(registry, table, learning, traffic, validity, config);
  const demand = Float64Array.of(1, 1);
  let seconds = 0;
  /** Places requests that stay in flight; their backends, or `none`. */
  const place = (pool: string, count = 1) =>
    Array.from({ length: count }, () => {
      const placement = scheduler.createPlacement();
      const request = { pool, demand, classId: undefined, affinity: undefined, stickySlot: -1 };
      return scheduler.place(request, [], placement, ++seconds) ? placement.backend!.id : 'none';
    });
  return { ...fleet, facts, scheduler, demand, place };
}

describe('a request whose cookie leads to a backend', () => {
  function stickyTo(id: string) {
    const { scheduler, demand, join, registry } = aScheduler();
    const [a, b] = [join('a', { maxInFlight: 1 }), join('b', { maxInFlight: 2 })];
    const { slot } = id === 'a' ? a : b;
    const place = (tried: readonly number[] = []) => {
      const placement = scheduler.createPlacement();
      const request = { pool: 'default', demand, classId: undefined, affinity: undefined, stickySlot: slot };
      return scheduler.place(request, tried, placement, 1) ? placement.backend!.id : 'none';
    };
    return { place, registry, slot };
  }

  it('is placed there, whatever the policy says', () => {
    const { place } = stickyTo('b');
    expect([place(), place()]).toEqual(['b', 'b']);
  });

  it('is placed elsewhere when that backend is full, was tried, or is draining', async () => {
    const full = stickyTo('a');
    expect([full.place(), full.place()]).toEqual(['a', 'b']);
    const tried = stickyTo('b');
    expect(tried.place([tried.slot])).toBe('a');
    const draining = stickyTo('b');
    await draining.registry.drain('b');
    expect(draining.place()).toBe('a');
  });
});

describe('a request', () => {
  it('is placed on the backends of its pool alone', () => {
    const { join, place } = aScheduler();
    join('a');
    join('b', { pool: 'reports' });
    expect([place('default', 2), place('reports', 2)]).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
  });

  it('is placed by the policy of its pool, whatever was placed in between', () => {
    const { join, place } = aScheduler();
    for (const id of ['a', 'b']) join(id);
    for (const id of ['c', 'd']) join(id, { pool: 'reports' });
    const placed = Array.from({ length: 4 }, () => [place('default'), place('reports')].flat());
    expect(placed.map(([first]) => first)).toEqual(['a', 'b', 'a', 'b']);
    expect(placed.map(([, second]) => second).toSorted()).toEqual(['c', 'c', 'd', 'd']);
  });

  it('is placed nowhere while its pool has no backend', () => {
    const { join, place, scheduler } = aScheduler();
    join('a');
    expect(place('reports')).toEqual(['none']);
    expect(scheduler.obstacle).toBe('none');
  });

  it('finds its pool full although another one has room', () => {
    const { join, place, scheduler } = aScheduler();
    join('a');
    join('b', { pool: 'reports', maxInFlight: 1 });
    expect(place('reports', 2)).toEqual(['b', 'none']);
    expect(scheduler.obstacle).toBe('full');
    expect(
      scheduler.canPlace(
        { pool: 'reports', demand: Float64Array.of(1, 1), classId: undefined, affinity: 0, stickySlot: -1 },
        [],
      ),
    ).toBe(false);
    expect(place('default')).toEqual(['a']);
  });
});

describe('while the fleet is not confirmed', () => {
  it('no request is placed, whatever its cookie says, and none is said to have an alternative', () => {
    const { scheduler, facts, demand, join, place, table } = aScheduler();
    const { slot } = join('a');
    const request = { pool: 'default', demand, classId: undefined, affinity: undefined, stickySlot: slot };
    const isPlaced = () => scheduler.place(request, [], scheduler.createPlacement(), monotonicSeconds());
    facts.validUntilSeconds = sharedSecondsFromSeconds(monotonicSeconds()) - 1;
    expect([isPlaced(), scheduler.obstacle, scheduler.canPlace(request, [])]).toEqual([false, 'stale', false]);
    expect(table.totalActive()).toBe(0);
    facts.validUntilSeconds = Infinity;
    expect([scheduler.canPlace(request, []), isPlaced()]).toEqual([true, true]);
    expect(place('reports')).toEqual(['none']);
    expect(scheduler.obstacle).toBe('none');
  });
});

describe('an explanation', () => {
  it('names the backend of the cookie, as long as it is a candidate', () => {
    const { scheduler, demand, join, place } = aScheduler();
    join('large', { pool: 'reports', capacity: Float64Array.of(100, 100) });
    const { slot } = join('small', { pool: 'reports', maxInFlight: 1 });
    const request = { pool: 'reports', demand, classId: undefined, affinity: undefined, stickySlot: slot };
    expect(scheduler.explain(request)).toMatchObject({ chosen: slot, isSticky: true });
    expect(scheduler.explain({ ...request, stickySlot: -1 })).not.toMatchObject({ chosen: slot });
    const held = scheduler.createPlacement();
    expect(scheduler.place(request, [], held, 1)).toBe(true);
    expect(scheduler.explain(request)).not.toMatchObject({ chosen: slot });
    expect(place('reports')).toEqual(['large']);
  });
});

describe('a change of the configuration', () => {
  it('gives a pool another policy', () => {
    const { join, place, traffic, scheduler, demand } = aScheduler();
    for (const id of ['a', 'b']) join(id, { pool: 'reports' });
    place('reports');
    const request = { demand, classId: undefined, affinity: undefined, stickySlot: -1 };
    expect(scheduler.explain({ ...request, pool: 'reports' }).scored).toBeUndefined();
    usePools(traffic, { name: 'reports', policy: 'drf' });
    expect(scheduler.explain({ ...request, pool: 'reports' }).scored).toHaveLength(2);
    expect(scheduler.explain({ ...request, pool: 'default' }).scored).toBeUndefined();
  });

  it('brings pools, and serves the requests of one that was removed until its backends leave', async () => {
    const { join, place, traffic, registry } = aScheduler();
    join('a', { pool: 'reports' });
    usePools(traffic, { name: 'files', policy: 'random' });
    join('b', { pool: 'files' });
    expect([place('reports'), place('files')]).toEqual([['a'], ['b']]);
    await registry.leaveNow('a');
    expect([place('reports'), place('files')]).toEqual([['none'], ['b']]);
  });
});
