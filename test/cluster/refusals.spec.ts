// What a balancer says of a store that it cannot use, and of what it finds there.
import { describe, expect, it } from 'vitest';
import { describeWith } from '../support/programs.js';
import { refusedStart, startBalancer, until } from '../support/processes.js';
import { startRedis } from '../support/redis.js';
import { httpUpstream, register } from '../support/upstreams.js';
import { allSee, ask, clusterAt, clusterVariables, startCluster } from './cluster.js';

const RESOURCES = { compute: 10, storage: 10 };

describe('variables of a shared registry', () => {
  it.each([
    [{ REGISTRY_URL: 'http://h' }, 'REGISTRY_URL must be a URL such as redis://'],
    [
      { REGISTRY_URL: 'redis://h', REGISTRY_RESYNC_SECONDS: '0' },
      'REGISTRY_RESYNC_SECONDS must be a number of seconds from 1 to 86400, got "0"',
    ],
    [{ BALANCER_ID: 'a b' }, 'BALANCER_ID must be 1 to 64 characters: letters, digits and . _ : -, got "a b"'],
  ])('%j', async (variables, sentence) => {
    expect(await refusedStart(variables as Record<string, string>)).toContain(sentence);
  });
});

describeWith('redis-server', 'a store that a balancer cannot use', (path) => {
  it('ends its start with a sentence: password, database, another cluster', async () => {
    const server = await startRedis(path, ['--requirepass', 'secret']);
    const at = (login: string, more = '') => `redis://${login}127.0.0.1:${server.port}${more}`;
    expect(await refusedStart({ REGISTRY_URL: at('') })).toContain('asks for a password: put it into REGISTRY_URL');
    expect(await refusedStart({ REGISTRY_URL: at(':wrong@') })).toContain('does not accept the user and password');
    expect(await refusedStart({ REGISTRY_URL: at(':secret@', '/99') })).toContain('has no database of the number');
    const variables = { REGISTRY_URL: at(':secret@'), REGISTRY_PREFIX: 'taken' };
    await startBalancer({ ...variables, CLUSTER_ID: 'one', BALANCER_ID: 'a' });
    const refused = await refusedStart({ ...variables, CLUSTER_ID: 'two' });
    expect(refused).toContain(
      'keeps the fleet of another cluster, one, under this prefix: set REGISTRY_PREFIX or CLUSTER_ID',
    );
    expect(refused).not.toContain('secret');
  });

  it('says that another balancer has its id, and serves on', async () => {
    const variables = clusterVariables(await startRedis(path));
    const [one, two] = await Promise.all([1, 2].map(() => startBalancer({ ...variables, BALANCER_ID: 'twin' })));
    const sentence = 'has the id twin too: set BALANCER_ID to another one';
    await Promise.all([one, two].map((balancer) => balancer.process.logged(sentence)));
    const { port } = await httpUpstream((_, response) => response.end());
    await register(one.control, { id: 'a', port, resources: RESOURCES });
    await allSee([one, two], { a: 'up' });
  });

  it('keeps a corrupt record aside, and one of a newer version as it is', async () => {
    const server = await startRedis(path);
    const variables = clusterVariables(server);
    const [one] = await startCluster(variables, ['one']);
    const { port } = await httpUpstream((_, response) => response.end());
    await register(one.control, { id: 'newer', port, resources: RESOURCES });
    const key = `{${variables.REGISTRY_PREFIX}}:backends`;
    const record = String(await server.command('HGET', key, 'newer'));
    await server.command('HSET', key, 'newer', record.replace('"format":1', '"format":9'));
    await server.command('HSET', key, 'corrupt', '{');

    const two = await startBalancer({ ...variables, BALANCER_ID: 'two' });
    expect((await clusterAt(two)).registry.unusableRecords).toEqual([
      { id: 'corrupt', problem: 'corrupt', reason: 'it is no JSON' },
      { id: 'newer', problem: 'newer-format', reason: "it has format 9, newer than this program's 2" },
    ]);
    expect(await (await fetch(`${two.control}/metrics`)).text()).toContain('fairlead_registry_unusable_records 2');
    const other = await httpUpstream((_, response) => response.end());
    const refused = await register(two.control, { id: 'newer', port: other.port, resources: RESOURCES });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('is kept by a newer version of Fairlead');
    // What serves there goes on.
    expect((await fetch(one.url)).status).toBe(200);
  });

  it('serves on while the store is full or read-only, and says which', async () => {
    const server = await startRedis(path, ['--maxmemory-policy', 'noeviction']);
    const [one] = await startCluster(clusterVariables(server), ['one']);
    const { port } = await httpUpstream((_, response) => response.end());
    await register(one.control, { id: 'a', port, resources: RESOURCES });
    await allSee([one], { a: 'up' });
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await one.process.logged('is full: what it keeps has reached its maxmemory');
    expect((await fetch(one.url)).status).toBe(200);
    expect((await ask(one, 'POST', '/api/v1/backends/a/drain')).status).toBe(200);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await until('it to be current', async () => (await clusterAt(one)).registry.state === 'current');
    const [name] = (await server.command('KEYS', '*:backends')) as string[];
    await until('the drain to be stored', async () =>
      String(await server.command('HGET', name, 'a')).includes('"isPaused":true'),
    );
    await server.command('REPLICAOF', '127.0.0.1', '1');
    await one.process.logged('is a read-only replica: name its master');
    expect((await ask(one, 'POST', '/api/v1/backends/a/resume')).status).toBe(200);
    expect((await fetch(one.url)).status).toBe(200);
  });
});

describeWith('redis-server', 'the limits of clients', (path) => {
  it('are divided between the balancers', async () => {
    const limits = { TRAFFIC_LIMITS: '{"perClient":{"requestsPerSecond":2,"requestBurst":40}}' };
    const members = await startCluster({ ...clusterVariables(await startRedis(path)), ...limits }, ['a', 'b']);
    const { port } = await httpUpstream((_, response) => response.end());
    await register(members[0].control, { id: 'one', port, resources: RESOURCES });
    await allSee(members, { one: 'up' });
    for (const { url } of members) {
      const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).status));
      const allowed = statuses.filter((status) => status === 200).length;
      expect(allowed).toBeGreaterThanOrEqual(20);
      expect(allowed).toBeLessThan(40);
    }
  });
});
