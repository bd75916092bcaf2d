// Pools in the registry: which backends are in which, what is counted apart, and what becomes of them without their pool.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePools } from '../traffic-config/current-traffic.fixture.js';
import type { BackendSpec } from './backend.js';
import { TakenError, UnknownPoolError } from './registry.errors.js';
import { aRegistry, OPERATOR } from './registry.fixture.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** With the pools `default` and `reports`. */
function aRegistryWithPools(environment: Record<string, string> = {}) {
  const fleet = aRegistry(environment);
  usePools(fleet.traffic, { name: 'reports' });
  const idsOf = (pool: string) =>
    Array.from(fleet.registry.pools.of(pool).slots, (slot) => fleet.registry.atSlot(slot)!.id);
  const reasons = () => fleet.events.newest().map(({ reason }) => reason);
  return { ...fleet, idsOf, reasons };
}

describe('a backend that declared nothing', () => {
  it('counts as a median backend of its own pool', () => {
    const { join, registry } = aRegistryWithPools();
    join('a', { capacity: Float64Array.of(4, 8) });
    join('b', { capacity: Float64Array.of(6, 0) });
    const plain = join('plain', { capacity: undefined });
    const alone = join('alone', { capacity: undefined, pool: 'reports' });
    const { pools, snapshots } = registry;
    expect(Array.from(pools.of('default').capacity)).toEqual([4, 8, 6, 0, 4, 8]);
    expect(Array.from(pools.of('reports').capacity)).toEqual([1, 1]);
    expect(Array.from(snapshots.capacityOf(plain))).toEqual([4, 8]);
    expect([plain, alone].map((backend) => snapshots.limitOf(backend))).toEqual([1024, 1024]);
    expect([0, 1, 2].map((position) => pools.of('default').isDeclaredAt(position))).toEqual([true, true, false]);
  });

  it('follows what the others declare, also those that get no requests at the moment', () => {
    const { join, register, registry } = aRegistryWithPools();
    const plain = join('plain', { capacity: undefined });
    register('joining', { capacity: Float64Array.of(4, 8) });
    expect(Array.from(registry.pools.of('default').capacity)).toEqual([4, 8]);
    register('plain', { capacity: Float64Array.of(7, 7) });
    expect(Array.from(registry.snapshots.capacityOf(plain))).toEqual([7, 7]);
    expect(registry.pools.of('default').isDeclaredAt(0)).toBe(true);
  });
});

describe('a registration', () => {
  it('into an unknown pool changes nothing, and lists the pools', () => {
    const { registry, register } = aRegistryWithPools();
    expect(() => register('a', { pool: 'report' })).toThrow(new UnknownPoolError('report', ['default', 'reports']));
    expect(new UnknownPoolError('report', ['default', 'reports']).message).toBe(
      'there is no pool "report": the pools are default, reports',
    );
    expect(registry.list()).toEqual([]);
  });

  it('moves a backend to another pool, where it is pinged first', () => {
    const { join, register, registry, idsOf, reasons } = aRegistryWithPools();
    join('a');
    const { slot } = register('a', { pool: 'reports' });
    expect([idsOf('default'), idsOf('reports'), registry.get('a').health.state]).toEqual([[], [], 'joining']);
    expect(reasons().at(-1)).toBe('registered again at http://a in the pool reports');
    registry.observe(registry.get('a'), { what: 'ping-ok', reason: 'ping: connected' });
    expect(idsOf('reports')).toEqual(['a']);
    expect(registry.get('a').slot).toBe(slot);
  });

  it('may put one address into two pools, each with a backend of its own', () => {
    const { join, registry, idsOf } = aRegistryWithPools();
    join('a', { url: 'http://h:1' });
    join('b', { url: 'http://h:1', pool: 'reports' });
    expect([idsOf('default'), idsOf('reports')]).toEqual([['a'], ['b']]);
    join('renamed', { url: 'http://h:1', pool: 'reports' });
    expect(registry.list().map(({ id }) => id)).toEqual(['a', 'renamed']);
  });

  it('of a stranger may not use an address that another pool has', () => {
    const { join, registry } = aRegistryWithPools();
    const { capacity, pingPath, leaseSeconds, labels, maxInFlight } = join('a', { registeredFrom: '10.0.0.1' });
    const rest = { capacity, pingPath, leaseSeconds, labels, maxInFlight };
    const spec: BackendSpec = { id: 'b', url: 'http://a', pool: 'reports', ...rest };
    const claimant = { ...OPERATOR, isOperator: false };
    expect(() => registry.register(spec, { ...claimant, address: '10.0.0.2' })).toThrow(TakenError);
    expect(registry.register(spec, { ...claimant, address: '10.0.0.1' }).isNew).toBe(true);
  });
});

describe('a pool', () => {
  it('has limits of exchanges of its own, by its own median', () => {
    const { join, registry, traffic } = aRegistryWithPools({ MAX_IN_FLIGHT_PER_BACKEND: '100' });
    usePools(traffic, { name: 'reports', maxInFlightPerBackend: 10 });
    const small = join('a', { capacity: Float64Array.of(1, 1) });
    const large = join('b', { capacity: Float64Array.of(50, 50), pool: 'reports' });
    expect([small, large].map((backend) => registry.snapshots.limitOf(backend))).toEqual([100, 10]);
    expect(Array.from(registry.pools.of('reports').maxActive)).toEqual([10]);
    usePools(traffic, { name: 'reports', maxInFlightPerBackend: 20 });
    expect(Array.from(registry.pools.of('reports').maxActive)).toEqual([20]);
  });

  it('panics alone, and says which it is', () => {
    const { join, registry, idsOf, reasons } = aRegistryWithPools();
    for (const id of ['a', 'b', 'c']) join(id);
    for (const id of ['x', 'y', 'z']) join(id, { pool: 'reports' });
    const fail = (id: string) =>
      registry.observe(registry.get(id), { what: 'exchange-failed', reason: 'exchange failed: connection reset' });
    fail('a');
    expect(idsOf('default')).toEqual(['b', 'c']);
    fail('x');
    fail('y');
    expect(idsOf('reports')).toEqual(['x', 'y', 'z']);
    expect([registry.snapshots.isInPanic('default'), registry.snapshots.isInPanic('reports')]).toEqual([false, true]);
    expect(reasons()).toContain('pool reports: only 1 of 3 backends are up: others serve too');
    registry.observe(registry.get('x'), { what: 'ping-ok', reason: 'ping: connected' });
    expect(reasons()).toContain('pool reports: 2 of 3 backends are up');
  });

  it('has slow start of its own', () => {
    const { join, registry, traffic } = aRegistryWithPools({ SLOW_START_SECONDS: '0' });
    usePools(traffic, { name: 'reports', slowStartSeconds: 100 });
    const [plain, slow] = [join('a'), join('b', { pool: 'reports' })];
    const shares = [plain, slow].map((backend) => registry.slowStart(backend, backend.startedAt + 50));
    expect(shares).toEqual([1, 0.5]);
  });

  it('spares its own backends from ejection, whatever others it could spare', () => {
    const { join, registry } = aRegistryWithPools();
    for (const id of ['a', 'b', 'c']) join(id);
    const only = join('x', { pool: 'reports' });
    registry.observe(only, { what: 'outlier', reason: '5 responses in a row were 5xx' });
    expect(registry.get('x').health.state).toBe('up');
    registry.observe(registry.get('a'), { what: 'outlier', reason: '5 responses in a row were 5xx' });
    expect(registry.get('a').health.state).toBe('ejected');
  });

  it('takes backends down, and up again, after as many pings as it says', () => {
    const { join, registry, traffic } = aRegistryWithPools({ PING_FALL: '3', PING_RISE: '1' });
    const { health } = traffic.settingsOf('reports');
    usePools(traffic, { name: 'reports', health: { ...health, fall: 1, rise: 2 } });
    const [lenient, strict] = [join('a'), join('b', { pool: 'reports' })];
    const ping = (what: 'ping-ok' | 'ping-failed') => {
      for (const backend of [lenient, strict]) registry.observe(backend, { what, reason: 'ping' });
      return [lenient.health.state, strict.health.state];
    };
    expect(ping('ping-failed')).toEqual(['suspect', 'down']);
    expect(ping('ping-ok')).toEqual(['up', 'down']);
    expect(ping('ping-ok')).toEqual(['up', 'up']);
  });
});

describe('a backend whose pool is removed', () => {
  it('stays, is shown with the reason, and serves again when the pool returns', () => {
    const { join, registry, traffic, idsOf, reasons } = aRegistryWithPools();
    const backend = join('a', { pool: 'reports' });
    expect(registry.knownPools.reasonAgainst(backend)).toBeUndefined();
    usePools(traffic);
    const reason = 'it gets no requests: its pool reports is not in the configuration';
    expect(registry.knownPools.reasonAgainst(backend)).toBe(reason);
    expect(registry.knownPools.names).toEqual(['default', 'reports']);
    expect(reasons().at(-1)).toBe(reason);
    // What was on its way to the pool is still served.
    expect(idsOf('reports')).toEqual(['a']);
    usePools(traffic, { name: 'reports' });
    expect(reasons().at(-1)).toBe('its pool reports is configured again');
    expect(registry.knownPools.reasonAgainst(backend)).toBeUndefined();
  });

  it('is recorded once, however often the configuration changes', () => {
    const { join, traffic, reasons } = aRegistryWithPools();
    join('a', { pool: 'reports' });
    usePools(traffic);
    const { length } = reasons();
    usePools(traffic, { name: 'others' });
    usePools(traffic);
    expect(reasons()).toHaveLength(length);
  });
});
