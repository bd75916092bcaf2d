// What holds for every keeper of the registry.
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RegistryStore, StoreContents, Stored } from '../../apps/balancer/src/registry/store/registry-store.js';
import { MAX_SHARES, MAX_SHARE_LENGTH } from '../../apps/balancer/src/registry/store/shares.js';
import { aRecord } from '../../apps/balancer/src/registry/store/store.fixture.js';
import { shared } from '../support/lifetime.js';
import { describeWith } from '../support/programs.js';
import { startRedis } from '../support/redis.js';
import { redisKeeper } from './redis-keeper.js';
import { memoryKeeper, sqliteKeeper, type DamageableKeeper, type Keeper } from './keepers.js';

describe('the registry in memory', () => keepsTheRegistry(memoryKeeper));
describe('the registry in a SQLite file', () => {
  keepsTheRegistry(sqliteKeeper);
  survivesDamage(sqliteKeeper);
});

describeWith('redis-server', 'the registry in a Redis server', (path) => {
  const server = shared((atEnd) => startRedis(path, [], { atEnd }));
  const aKeeper = async () => redisKeeper(server.current);
  keepsTheRegistry(aKeeper);
  survivesDamage(aKeeper);
});

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** Makes a change that must succeed; returns the version. */
async function versionOf(change: Promise<{ kind: string }>): Promise<number> {
  const result = await change;
  expect(result).toMatchObject({ kind: 'stored' });
  return (result as Stored).version;
}

/** A store that has been read once, as at the start of a balancer. */
async function aStore(keeper: Keeper, variables?: Record<string, string>): Promise<RegistryStore> {
  const store = keeper.open(variables);
  await store.read();
  return store;
}

/** Removes what has lapsed, as a balancer does every second. */
async function removedBy(store: RegistryStore): Promise<readonly string[]> {
  return store.removeLapsed((await store.lapsed()).ids);
}

const idsOf = ({ records }: StoreContents) => records.map(({ backend }) => backend.id);

function keepsTheRegistry(aKeeper: () => Promise<Keeper>): void {
  it('keeps records as they were put, in the order of registration', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const full = aRecord(
      'disk-1',
      {
        url: 'https://[::1]:8443/a%20b',
        pool: 'reports',
        capacity: Float64Array.of(0.1, 123_456_789.123_456_7),
        pingPath: '/health',
        leaseSeconds: 2.5,
        maxInFlight: 7,
        labels: { zone: 'a "b" \\ é' },
        registeredFrom: '10.0.0.9',
        secretHash: 'ab'.repeat(32),
      },
      { isLeaving: true, changedBy: 'balancer-2:9797' },
    );
    const paused = aRecord('a', { capacity: undefined });
    const later = {
      ...paused.backend,
      isPaused: true,
      drainSeconds: 12.5,
      registeredAt: new Date('2026-01-02T03:04:06.000Z'),
    };
    const version = await versionOf(store.put(full, 0));
    await versionOf(store.put({ ...paused, backend: later }, 0));

    const { records, unusable } = await keeper.open().read();

    expect(unusable).toEqual([]);
    expect(records).toEqual([
      { ...full, version },
      { ...paused, backend: later, version: expect.any(Number) },
    ]);
    expect(version).toBeGreaterThan(0);
  });

  it('keeps a backend whose id is its url', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const url = `http://cpu_1.fleet:80/a%20b;c/${'x'.repeat(900)}`;
    await versionOf(store.put(aRecord(url, { url }, { incarnation: 'first' }), 0));
    const { records, unusable } = await keeper.open().read();
    expect(unusable).toEqual([]);
    expect(records.map(({ backend }) => backend.id)).toEqual([url]);
  });

  it('changes a record only from the version that is expected', async () => {
    const store = await aStore(await aKeeper());
    const first = aRecord('a');
    const second = aRecord('a', { labels: { zone: 'b' } }, { changedBy: 'balancer-2' });
    expect(await store.put(first, 7)).toEqual({ kind: 'conflict', version: 0, present: undefined });
    const version = await versionOf(store.put(first, 0));
    const present = { ...first, version };
    expect(await store.put(second, 0)).toEqual({ kind: 'conflict', version, present });
    expect(await store.remove('a', version + 1, 'left')).toEqual({ kind: 'conflict', version, present });
    const next = await versionOf(store.put(second, version));
    expect(next).toBeGreaterThan(version);
    expect((await store.read()).records).toEqual([{ ...second, version: next }]);
  });

  it('has one winner of many that put the same backend at once', async () => {
    const keeper = await aKeeper();
    const stores = [await aStore(keeper), await aStore(keeper), await aStore(keeper)];
    const puts = stores.flatMap((store, i) =>
      Array.from({ length: 20 }, () => store.put(aRecord('a', {}, { changedBy: `balancer-${i}` }), 0)),
    );
    const kinds = (await Promise.all(puts)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'stored')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'conflict')).toHaveLength(59);
  });

  it('removes a record, and its versions go on from there', async () => {
    const store = await aStore(await aKeeper());
    const version = await versionOf(store.put(aRecord('a'), 0));
    const removed = await versionOf(store.remove('a', version, 'left'));
    expect(removed).toBeGreaterThan(version);
    expect(idsOf(await store.read())).toEqual([]);
    expect(await store.remove('a', removed, 'left')).toEqual({ kind: 'conflict', version: 0, present: undefined });
    expect(await versionOf(store.put(aRecord('a', {}, { incarnation: 'a-2' }), 0))).toBeGreaterThan(removed);
  });

  it('removes what has lapsed, and nothing that was renewed or has no lease', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    for (const id of ['lapsing', 'renewed']) await versionOf(store.put(aRecord(id, { leaseSeconds: 300 }), 0));
    await versionOf(store.put(aRecord('without'), 0));
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual([]);
    expect(await store.renew([{ id: 'renewed', incarnation: 'renewed-1', leaseSeconds: 300 }])).toEqual([]);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual(['lapsing']);
    expect(await removedBy(store)).toEqual([]);
    expect(idsOf(await store.read()).toSorted()).toEqual(['renewed', 'without']);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual(['renewed']);
  });

  it('looks again before it removes what had lapsed', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    for (const id of ['a', 'b']) await versionOf(store.put(aRecord(id, { leaseSeconds: 300 }), 0));
    await versionOf(store.put(aRecord('without'), 0));
    await keeper.elapse(400, store);
    const { ids, leased } = await store.lapsed();
    expect([ids.toSorted(), leased]).toEqual([['a', 'b'], 2]);
    await store.renew([{ id: 'a', incarnation: 'a-1', leaseSeconds: 300 }]);
    expect(await store.removeLapsed([...ids, 'without', 'unknown'])).toEqual(['b']);
    await keeper.elapseUnseen(600);
    expect(await store.removeLapsed(['a'])).toEqual([]);
  });

  it('renews only leases of this incarnation, and says which are not there', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    await versionOf(store.put(aRecord('a', { leaseSeconds: 300 }), 0));
    await keeper.elapse(200, store);
    const renewals = [
      { id: 'a', incarnation: 'another', leaseSeconds: 600 },
      { id: 'unknown', incarnation: 'unknown-1', leaseSeconds: 600 },
    ];
    expect(await store.renew(renewals)).toEqual(['a', 'unknown']);
    expect(await store.renew([])).toEqual([]);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual(['a']);
  });

  it('restarts a lease with each put, and ends it when the backend no longer has one', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const versions = new Map<string, number>();
    for (const id of ['again', 'ended']) {
      versions.set(id, await versionOf(store.put(aRecord(id, { leaseSeconds: 300 }), 0)));
    }
    await keeper.elapse(200, store);
    await versionOf(store.put(aRecord('again', { leaseSeconds: 300 }), versions.get('again')!));
    await versionOf(store.put(aRecord('ended'), versions.get('ended')!));
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual([]);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual(['again']);
  });

  it('restarts all leases after a pause in which no balancer asked for lapsed ones', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    await versionOf(store.put(aRecord('a', { leaseSeconds: 300 }), 0));
    expect(await removedBy(store)).toEqual([]);
    await keeper.elapseUnseen(600);
    expect(await removedBy(store)).toEqual([]);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual([]);
    await keeper.elapse(200, store);
    expect(await removedBy(store)).toEqual(['a']);
  });

  it('has the same secrets for all who open it', async () => {
    const keeper = await aKeeper();
    const { keys } = await keeper.open().read();
    expect(keys.hash).toHaveLength(2);
    expect(keys.cookie).toMatch(/^[0-9a-f]{64}$/);
    expect((await keeper.open().read()).keys).toEqual(keys);
    expect((await (await aKeeper()).open().read()).keys).not.toEqual(keys);
  });

  it('keeps the last share of each balancer, the newest first, with its age by the clock of the store', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    expect(await store.readShares()).toEqual([]);
    await store.writeShare('a', 'first of a');
    await store.writeShare('b', 'of b "é" \\ \n 2');
    await keeper.ageShares(100);
    await store.writeShare('a', 'second of a');
    const shares = await (await aStore(keeper)).readShares();
    expect(shares.map(({ balancer, text }) => [balancer, text])).toEqual([
      ['a', 'second of a'],
      ['b', 'of b "é" \\ \n 2'],
    ]);
    expect(shares[0].ageSeconds).toBeLessThan(99);
    expect(shares[1].ageSeconds).toBeGreaterThanOrEqual(100);
    expect(idsOf(await store.read())).toEqual([]);
  });

  it('forgets shares that are older than a day', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const balancers = async () => (await store.readShares()).map(({ balancer }) => balancer);
    await store.writeShare('gone', 'it');
    await keeper.ageShares(80_000);
    await store.writeShare('there', 'it');
    await keeper.ageShares(6_000);
    expect(await balancers()).toEqual(['there', 'gone']);
    await keeper.ageShares(1_000);
    expect(await balancers()).toEqual(['there']);
  });

  it('reads only the newest of many shares', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    await store.writeShare('oldest', 'it');
    await keeper.ageShares(10);
    for (let i = 0; i < MAX_SHARES; i++) await store.writeShare(`balancer-${i}`, 'it');
    const balancers = (await store.readShares()).map(({ balancer }) => balancer);
    expect(balancers).toHaveLength(MAX_SHARES);
    expect(balancers).not.toContain('oldest');
  });

  it('does not read a share that is too long', async () => {
    const store = await aStore(await aKeeper());
    await store.writeShare('a', 'x'.repeat(MAX_SHARE_LENGTH));
    await store.writeShare('b', 'x'.repeat(MAX_SHARE_LENGTH + 1));
    const lengths = Object.fromEntries((await store.readShares()).map(({ balancer, text }) => [balancer, text.length]));
    expect(lengths).toEqual({ a: MAX_SHARE_LENGTH, b: 0 });
  });

  it('keeps a thousand backends', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const ids = Array.from({ length: 1_000 }, (_, i) => `backend-${String(i).padStart(4, '0')}`);
    const results = await Promise.all(ids.map((id) => store.put(aRecord(id, { leaseSeconds: 30 }), 0)));
    const versions = results.map((result) => (result as Stored).version);
    expect(new Set(versions).size).toBe(1_000);
    expect(idsOf(await keeper.open().read())).toEqual(ids);
    const renewals = ids.map((id) => ({ id, incarnation: `${id}-1`, leaseSeconds: 30 }));
    expect(await store.renew(renewals)).toEqual([]);
  });
}

/** What holds where records may be damaged behind a keeper's back. */
function survivesDamage(aKeeper: () => Promise<DamageableKeeper>): void {
  it('does not touch a record of a newer format, and says that it is there', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    const version = await versionOf(store.put(aRecord('a', { leaseSeconds: 300 }), 0));
    await versionOf(store.put(aRecord('b'), 0));
    await keeper.damage('a', 'newer-format');
    const kept = await keeper.kept('a');

    const { records, unusable } = await keeper.open().read();
    expect(records.map(({ backend }) => backend.id)).toEqual(['b']);
    const reason = "it has format 3, newer than this program's 2";
    expect(unusable).toMatchObject([{ id: 'a', problem: 'newer-format', reason }]);
    expect(await store.put(aRecord('a'), version)).toEqual({ kind: 'newer-format' });
    expect(await store.put(aRecord('a'), 0)).toEqual({ kind: 'newer-format' });
    expect(await store.remove('a', version, 'left')).toEqual({ kind: 'newer-format' });
    await keeper.elapse(400, store);
    expect(await removedBy(store)).toEqual([]);
    expect(await keeper.kept('a')).toBe(kept);
  });

  it('keeps a corrupt record aside and counts it, each time', async () => {
    const keeper = await aKeeper();
    const store = await aStore(keeper);
    for (const id of ['a', 'b']) await versionOf(store.put(aRecord(id), 0));
    await keeper.damage('a', 'corrupt');
    const kept = await keeper.kept('a');
    for (let i = 0; i < 2; i++) {
      const { records, unusable } = await keeper.open().read();
      expect(records.map(({ backend }) => backend.id)).toEqual(['b']);
      expect(unusable).toMatchObject([{ id: 'a', problem: 'corrupt', reason: expect.stringContaining('JSON') }]);
    }
    expect(await keeper.kept('a')).toBe(kept);
  });

  it('leaves a record of other resources where it is, for those that have them', async () => {
    const keeper = await aKeeper();
    await versionOf((await aStore(keeper)).put(aRecord('a'), 0));
    const { records, unusable } = await keeper.open({ RESOURCES: 'compute,gpu' }).read();
    expect(records).toEqual([]);
    const reason = "resources.storage is unknown: this fleet's resources are compute, gpu";
    expect(unusable).toMatchObject([{ id: 'a', problem: 'unfit', reason }]);
    const { records: turned } = await keeper.open({ RESOURCES: 'storage,compute' }).read();
    expect(turned[0].backend.capacity).toEqual(Float64Array.of(36, 20));
  });
}
