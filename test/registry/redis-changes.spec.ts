// The changes of other balancers, as a balancer follows them in a Redis server.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import {
  StoreEmptiedError,
  type RegistryStore,
  type StoreChange,
  type StoreError,
  type Stored,
} from '../../apps/balancer/src/registry/store/registry-store.js';
import { aRecord } from '../../apps/balancer/src/registry/store/store.fixture.js';
import { until } from '../processes/until.js';
import { shared } from '../support/lifetime.js';
import { describeWith } from '../support/programs.js';
import { startRedis } from '../support/redis.js';
import { redisKeeper, redisStore } from './redis-keeper.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** Follows a store from where it is now. */
async function following(store: RegistryStore) {
  const seen = {
    changes: [] as string[],
    confirmedAtMs: -Infinity,
    gaps: [] as string[],
    failures: [] as StoreError[],
  };
  const { position } = await store.read();
  const subscription = store.follow(position, {
    changed: (change) => void seen.changes.push(wordsOf(change)),
    confirmed: (atMs) => (seen.confirmedAtMs = atMs),
    gap: (reason) => void seen.gaps.push(reason),
    failed: (error) => void seen.failures.push(error),
  });
  onTestFinished(() => subscription.close());
  /** All that was stored until now has been seen. */
  const upToDate = async () => {
    const now = performance.now();
    await until('a confirmation', () => seen.confirmedAtMs > now);
  };
  return { ...seen, seen, subscription, upToDate };
}

function wordsOf(change: StoreChange): string {
  if (change.kind === 'stored') return `${change.record.backend.id} of ${change.record.changedBy}`;
  if (change.kind === 'removed') return `${change.id} removed: ${change.reason}`;
  return `${change.record.id}: ${change.record.reason}`;
}

describeWith('redis-server', 'the changes in a Redis server', (path) => {
  const server = shared((atEnd) => startRedis(path, [], { atEnd }));

  /** A balancer that follows, and another one. */
  async function twoBalancers(keptChanges?: number) {
    const keeper = redisKeeper(server.current);
    const variables = { REGISTRY_URL: server.current.url, REGISTRY_PREFIX: keeper.prefix };
    const follower = redisStore(variables);
    const other = redisStore(variables, keptChanges);
    await other.read();
    return { keeper, follower, other, ...(await following(follower)) };
  }

  const put = async (store: RegistryStore, id: string, expected = 0, changedBy = 'balancer-2') =>
    ((await store.put(aRecord(id, { leaseSeconds: 300 }, { changedBy }), expected)) as Stored).version;

  it('come in their order, and the own ones are left out', async () => {
    const { keeper, follower, other, changes, upToDate } = await twoBalancers();
    const version = await put(other, 'a');
    await put(follower, 'own', 0, 'balancer-1');
    await other.remove('a', version, 'left at once');
    await put(other, 'b');
    await keeper.elapse(400, other);
    expect(await other.removeLapsed(['own', 'b'])).toHaveLength(2);
    await upToDate();
    expect(changes).toEqual([
      'a of balancer-2',
      'a removed: left at once',
      'b of balancer-2',
      'own removed: lease lapsed: not renewed for 300 s',
      'b removed: lease lapsed: not renewed for 300 s',
    ]);
  });

  it('are all seen, a thousand of them, from where the fleet was read', async () => {
    const keeper = redisKeeper(server.current);
    const other = keeper.open();
    const { position } = await other.read();
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => put(other, `b${i}`)));
    const versions: number[] = [];
    const subscription = keeper.open().follow(position, {
      changed: (change) => void (change.kind === 'stored' && versions.push(change.record.version)),
      confirmed: () => {},
      gap: (reason) => expect.fail(reason),
      failed: (error) => expect.fail(error.message),
    });
    await until('all changes to be seen', () => versions.length === 1_000);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    subscription.close();
  });

  it('a gap is reported when the stream no longer has them', async () => {
    const { keeper, other } = await twoBalancers(10);
    const { position } = await other.read();
    for (let i = 0; i < 300; i++) await put(other, `b${i}`);
    const reported: string[] = [];
    keeper.open().follow(position, {
      changed: () => expect.fail('no change may be passed on after a gap'),
      confirmed: () => expect.fail('nothing is confirmed where changes are missing'),
      gap: (reason) => void reported.push(reason),
      failed: (error) => expect.fail(error.message),
    });
    await until('the gap', () => reported.length > 0);
    expect(reported[0]).toMatch(/^changes from \d+ to \d+ are missing$/);
  });

  it('a store that was emptied is reported, refuses changes until it is read, and has the same secrets then', async () => {
    const { keeper, follower, other, gaps } = await twoBalancers();
    const version = await put(other, 'a');
    const { keys } = await follower.read();
    const names = (await server.current.command('KEYS', `{${keeper.prefix}}:*`)) as string[];
    await server.current.command('DEL', ...names);
    await until('the gap', () => gaps.length > 0);
    expect(gaps).toEqual(['the store was emptied']);
    await expect(other.put(aRecord('b'), 0)).rejects.toThrow(StoreEmptiedError);
    await expect(other.renew([{ id: 'a', incarnation: 'a-1', leaseSeconds: 300 }])).rejects.toThrow('was emptied');
    await expect(other.lapsed()).rejects.toThrow(StoreEmptiedError);

    expect(await follower.read()).toMatchObject({ records: [], keys });
    expect(await put(other, 'a')).toBeGreaterThan(version);
  });

  it('a change of a newer format is reported, and the next one is followed', async () => {
    const { keeper, other, changes, upToDate } = await twoBalancers();
    const version = await put(other, 'a');
    const key = (name: string) => `{${keeper.prefix}}:${name}`;
    await server.current.command('HINCRBY', key('meta'), 'sequence', '1');
    const fields = ['kind', 'stored', 'id', 'new', 'by', 'someone', 'record', '{"format":9}'];
    await server.current.command('XADD', key('changes'), `${version + 1}-0`, ...fields);
    await put(other, 'b');
    await upToDate();
    expect(changes).toEqual([
      'a of balancer-2',
      "new: it has format 9, newer than this program's 2",
      'b of balancer-2',
    ]);
  });

  it('an entry that no balancer wrote is a gap once, and changes go on after it', async () => {
    const { keeper, follower, other, gaps } = await twoBalancers();
    await server.current.command('XADD', `{${keeper.prefix}}:changes`, '9000000000000-0', 'any', 'thing');
    await until('the gap', () => gaps.length > 0);
    const again = await following(follower);
    await put(other, 'a');
    await again.upToDate();
    expect(again.changes).toEqual(['a of balancer-2']);
    expect(again.gaps).toEqual([]);
  });

  it('a server that ends is reported once', async () => {
    const brief = await startRedis(path);
    const { failures, gaps, seen } = await following(redisStore({ REGISTRY_URL: brief.url }));
    await brief.process.stop('SIGKILL');
    await until('the failure', () => failures.length > 0);
    expect([failures.length, gaps, seen.changes]).toEqual([1, [], []]);
    expect(failures[0].message).toMatch(/^the registry at redis:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
  });

  it('are confirmed after one round trip: a slow server must not keep requests waiting', async () => {
    const { port, commands } = await startRecorder(server.current.port);
    const { upToDate } = await following(redisStore({ REGISTRY_URL: `redis://127.0.0.1:${port}` }));
    await upToDate();
    await upToDate();
    const followed = commands.filter((sent) => sent.includes('XREAD'));
    expect(followed.length).toBeGreaterThan(1);
    expect(followed.filter((sent) => !sent.includes('HMGET'))).toEqual([]);
  });
});

/** Relays to a server, and records what is sent to it in one go: from one response to the next. */
async function startRecorder(serverPort: number): Promise<{ readonly port: number; readonly commands: string[] }> {
  const commands: string[] = [];
  const recorder = createServer((client) => {
    let sent = '';
    const target = connect(serverPort, '127.0.0.1');
    client.on('data', (chunk) => (sent += String(chunk)));
    target.on('data', () => {
      commands.push(sent);
      sent = '';
    });
    client.on('error', () => target.destroy()).pipe(target);
    target.on('error', () => client.destroy()).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(recorder, 'listening');
  onTestFinished(() => void recorder.close());
  return { port: (recorder.address() as AddressInfo).port, commands };
}
