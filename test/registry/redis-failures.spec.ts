// What a balancer says of a Redis server that it cannot use, and how it gets over one that fails for a while.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreUnavailableError, StoreUnusableError } from '../../apps/balancer/src/registry/store/registry-store.js';
import { aRecord } from '../../apps/balancer/src/registry/store/store.fixture.js';
import { freePorts } from '../processes/ports.js';
import { until } from '../processes/until.js';
import { shared } from '../support/lifetime.js';
import { describeWith } from '../support/programs.js';
import { startRedis, startSentinel } from '../support/redis.js';
import { redisKeeper, redisStore } from './redis-keeper.js';

beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

/** A server that answers each piece it is sent; returns its address. */
async function serverThat(answers: (text: string) => string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => void socket.write(answers(String(data))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('REGISTRY_URL', () => {
  const FORM =
    /^REGISTRY_URL must be a URL such as redis:\/\/user:password@10\.0\.0\.5:6379\/0, rediss:\/\/… for TLS, or /;

  it.each([
    '10.0.0.5:6379',
    'http://h',
    'redis://',
    'redis://h:0',
    'redis://h:70000',
    'redis://h/db',
    'redis://h/1/2',
    'redis://h1,h2',
    'redis+sentinel://h1',
    'redis+sentinel://h1/',
    'redis://%zz@h',
    'redis://a@b@h',
    'redis://h?db=1',
  ])('%s is refused, and not shown, because it may have a password', (url) => {
    expect(() => redisStore({ REGISTRY_URL: url })).toThrow(FORM);
    expect(() => redisStore({ REGISTRY_URL: url })).not.toThrow('got');
  });

  it.each([
    ['redis://h', 'redis://h'],
    ['redis://u:p%40ss@[::1]:7000/3', 'redis://[::1]:7000/3'],
    ['rediss://:secret@h:1/0', 'rediss://h:1/0'],
    ['redis+sentinel://u:p@h1:1,h2/mymaster/2', 'redis+sentinel://h1:1,h2/mymaster/2'],
  ])('%s is shown without its password', (url, shown) => {
    expect(redisStore({ REGISTRY_URL: url }).name).toBe(`the registry at ${shown}`);
  });

  it('prefix and cluster have to be names', () => {
    const other = { REGISTRY_URL: 'redis://h', REGISTRY_PREFIX: 'a b' };
    expect(() => redisStore(other)).toThrow(
      'REGISTRY_PREFIX must be 1 to 64 characters: letters, digits and . _ : -, got "a b"',
    );
  });
});

describe('a server that is no Redis server of today', () => {
  it('nothing listens there', async () => {
    const [port] = await freePorts(1);
    const read = redisStore({ REGISTRY_URL: `redis://127.0.0.1:${port}` }).read();
    await expect(read).rejects.toThrow(StoreUnavailableError);
    await expect(read).rejects.toThrow(
      `the registry at redis://127.0.0.1:${port} cannot be reached: connection refused`,
    );
  });

  it('it is older than 6.2', async () => {
    const info = 'redis_version:5.0.14';
    const url = await serverThat((text) => (text.includes('INFO') ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n'));
    const read = redisStore({ REGISTRY_URL: url }).read();
    await expect(read).rejects.toThrow(StoreUnusableError);
    await expect(read).rejects.toThrow(`the registry at ${url} must have version 6.2 or newer, and has 5.0.14`);
  });

  it('it speaks another protocol', async () => {
    const url = await serverThat(() => 'HTTP/1.1 400 Bad Request\r\n\r\n');
    await expect(redisStore({ REGISTRY_URL: url }).read()).rejects.toThrow(
      `the registry at ${url} does not respond as a Redis server does`,
    );
  });

  it('it takes connections and is silent', async () => {
    const url = await serverThat(() => '');
    const read = redisStore({ REGISTRY_URL: url }).read();
    await expect(read).rejects.toThrow(StoreUnavailableError);
    await expect(read).rejects.toThrow(/does not respond within \d s$/);
  });
});

describeWith('redis-server', 'a Redis server that cannot be used', (path) => {
  const server = shared((atEnd) => startRedis(path, [], { atEnd }));
  const locked = shared((atEnd) => startRedis(path, ['--requirepass', 'right'], { atEnd }));
  const at = (port: number, login: string, database = '') => `redis://${login}127.0.0.1:${port}${database}`;

  it.each([
    [
      'the password is wrong',
      () => at(locked.current.port, ':wrong@'),
      'does not accept the user and password in REGISTRY_URL',
    ],
    [
      'the user is unknown',
      () => at(locked.current.port, 'nobody:right@'),
      'does not accept the user and password in REGISTRY_URL',
    ],
    [
      'the password is missing',
      () => at(locked.current.port, ''),
      'asks for a password: put it into REGISTRY_URL, as in redis://:password@host',
    ],
    ['there is no password', () => at(server.current.port, ':any@'), 'has no password, but REGISTRY_URL gives one'],
    [
      'there is no such database',
      () => at(server.current.port, '', '/99'),
      'has no database of the number in REGISTRY_URL',
    ],
  ])('%s', async (_, url, sentence) => {
    const read = redisStore({ REGISTRY_URL: url() }).read();
    await expect(read).rejects.toThrow(StoreUnusableError);
    await expect(read).rejects.toThrow(sentence);
    await expect(read).rejects.not.toThrow('wrong');
  });

  it('a password and a database that are right', async () => {
    const store = redisStore({ REGISTRY_URL: at(locked.current.port, ':right@', '/5') });
    await store.read();
    expect(await store.put(aRecord('a'), 0)).toMatchObject({ kind: 'stored' });
  });

  it('it keeps the fleet of another cluster under the same prefix', async () => {
    const { prefix } = redisKeeper(server.current);
    const variables = { REGISTRY_URL: server.current.url, REGISTRY_PREFIX: prefix };
    await redisStore({ ...variables, CLUSTER_ID: 'blue' }).read();
    const green = redisStore({ ...variables, CLUSTER_ID: 'green' });
    await expect(green.read()).rejects.toThrow(StoreUnusableError);
    const sentence = 'keeps the fleet of another cluster, blue, under this prefix: set REGISTRY_PREFIX or CLUSTER_ID';
    await expect(green.read()).rejects.toThrow(sentence);
    await expect(green.put(aRecord('a'), 0)).rejects.toThrow(sentence);
    await expect(green.check()).rejects.toThrow(sentence);
  });

  it('a newer version of Fairlead wrote it', async () => {
    const keeper = redisKeeper(server.current);
    const store = keeper.open();
    await store.read();
    await server.current.command('HSET', `{${keeper.prefix}}:meta`, 'format', '2');
    const sentence = 'has format 2 of a newer version of Fairlead; this one knows format 1: update this balancer';
    await expect(store.read()).rejects.toThrow(sentence);
    await expect(store.put(aRecord('a'), 0)).rejects.toThrow(sentence);
  });

  it('another program has keys of these names', async () => {
    const keeper = redisKeeper(server.current);
    await server.current.command('SET', `{${keeper.prefix}}:meta`, 'text');
    await expect(keeper.open().read()).rejects.toThrow(
      'has keys of another program under this prefix: set REGISTRY_PREFIX',
    );
  });

  it('it is a read-only replica', async () => {
    const replica = await startRedis(path, ['--replicaof', '127.0.0.1', String(server.current.port)]);
    await expect(redisStore({ REGISTRY_URL: replica.url }).read()).rejects.toThrow(
      'is a read-only replica: name its master in REGISTRY_URL, or its Sentinels',
    );
  });

  it('it is full: nothing is changed, no lease lapses, and what leaves can be removed', async () => {
    const full = await startRedis(path);
    const keeper = redisKeeper(full);
    const store = keeper.open();
    await store.read();
    const stored = await store.put(aRecord('a', { leaseSeconds: 3 }), 0);
    await full.command('CONFIG', 'SET', 'maxmemory', '1');
    const sentence = 'is full: what it keeps has reached its maxmemory';
    await expect(store.put(aRecord('b'), 0)).rejects.toThrow(sentence);
    await expect(store.check()).rejects.toThrow(sentence);
    await expect(store.renew([{ id: 'a', incarnation: 'a-1', leaseSeconds: 3 }])).rejects.toThrow(sentence);
    await expect(store.lapsed()).rejects.toThrow(sentence);
    expect((await store.read()).records).toHaveLength(1);
    expect(await store.remove('a', 'version' in stored ? stored.version : 0, 'left')).toMatchObject({ kind: 'stored' });
    await full.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await store.put(aRecord('b'), 0)).toMatchObject({ kind: 'stored' });
  });
});

describeWith('redis-server', 'a Redis server that fails for a while', (path) => {
  it('it is used again after it hung, and no lease has lapsed meanwhile', async () => {
    const server = await startRedis(path);
    const keeper = redisKeeper(server);
    const store = keeper.open();
    await store.read();
    await store.put(aRecord('a', { leaseSeconds: 1 }), 0);
    server.process.signal('SIGSTOP');
    await expect(store.check()).rejects.toThrow('does not respond within 1 s');
    await expect(store.put(aRecord('b'), 0)).rejects.toThrow(StoreUnavailableError);
    server.process.signal('SIGCONT');
    await until('the store to be back', () =>
      store.check().then(
        () => true,
        () => false,
      ),
    );
    // As long as no balancer could ask.
    await keeper.elapseUnseen(60);
    expect(await store.lapsed()).toEqual({ ids: [], leased: expect.any(Number) });
    expect((await store.read()).records.map(({ backend }) => backend.id)).toContain('a');
  });

  it('it is used again after another one has taken its place', async () => {
    const first = await startRedis(path);
    const store = redisStore({ REGISTRY_URL: first.url });
    await store.read();
    await first.process.stop('SIGKILL');
    await expect(store.check()).rejects.toThrow(StoreUnavailableError);
    await startRedis(path, [], { port: first.port });
    await until('the server to be emptied', () =>
      store.check().then(
        () => true,
        (error: Error) => error.message.includes('was emptied'),
      ),
    );
    await store.read();
    expect(await store.put(aRecord('a'), 0)).toMatchObject({ kind: 'stored' });
  });

  it('Sentinels name the master, also after a failover', async () => {
    const master = await startRedis(path);
    const replica = await startRedis(path, ['--replicaof', '127.0.0.1', String(master.port)]);
    const sentinel = await startSentinel(path, master);
    const [silent] = await freePorts(1);
    const hosts = `127.0.0.1:${silent},127.0.0.1:${sentinel.port}`;
    const unknown = redisStore({ REGISTRY_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/other` });
    await expect(unknown.read()).rejects.toThrow('no Sentinel knows a master other');

    const store = redisStore({ REGISTRY_URL: `redis+sentinel://${hosts}/mymaster` });
    await store.read();
    expect(await store.put(aRecord('a'), 0)).toMatchObject({ kind: 'stored' });
    const offset = async () => String(await replica.command('EXISTS', '{fairlead}:backends'));
    await until('the replica to have it', async () => (await offset()) === '1');
    // It refuses until it knows that the replica is good enough.
    await until('the Sentinel to begin a failover', () =>
      sentinel.command('SENTINEL', 'FAILOVER', 'mymaster').then(
        () => true,
        () => false,
      ),
    );
    await until('the failover', async () => {
      const address = await sentinel.command('SENTINEL', 'get-master-addr-by-name', 'mymaster');
      return JSON.stringify(address).includes(String(replica.port));
    });
    await master.process.stop('SIGKILL');

    await until('the store to be back', () =>
      store.check().then(
        () => true,
        () => false,
      ),
    );
    expect((await store.read()).records.map(({ backend }) => backend.id)).toEqual(['a']);
    expect(await store.put(aRecord('b'), 0)).toMatchObject({ kind: 'stored' });
  });
});
