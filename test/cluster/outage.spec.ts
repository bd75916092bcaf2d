// The store of a cluster is away: balancers serve on with what they know, accept what they are asked, and bring it together.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { reservePorts } from '../processes/ports.js';
import { describeWith } from '../support/programs.js';
import { launch, listening, startBalancer, until, type Balancer } from '../support/processes.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { holdingUpstream, httpUpstream, register } from '../support/upstreams.js';
import {
  allSee,
  ask,
  clusterAt,
  clusterVariables,
  fleetAt,
  startCluster,
  type Member,
  keepRenewing,
} from './cluster.js';

const RESOURCES = { compute: 10, storage: 10 };

async function registerAt({ control }: Balancer, id: string, more: object = {}): Promise<number> {
  const { port } = await httpUpstream((_, response) => response.end(id));
  const response = await register(control, { id, port, resources: RESOURCES, ...more });
  expect(response.status).toBe(201);
  return port;
}

/** Waits until all balancers see the store in a state. */
async function registryIs(state: 'current' | 'away', members: readonly Balancer[]): Promise<void> {
  for (const member of members) {
    await until(`the registry to be ${state}`, async () => (await clusterAt(member)).registry.state === state);
  }
}

describeWith('redis-server', 'a cluster whose store is away', (path) => {
  async function aCluster(more: Record<string, string> = {}): Promise<{ server: RedisServer; members: Member[] }> {
    const server = await startRedis(path);
    return { server, members: await startCluster({ ...clusterVariables(server), ...more }, ['a', 'b']) };
  }

  it('serves on, says so, and brings together what was done meanwhile, although the store has lost everything', async () => {
    const { server, members } = await aCluster();
    const [a, b] = members;
    for (const id of ['leaves', 'paused', 'stays']) await registerAt(a, id, { leaseSeconds: 2 });
    await allSee(members, { leaves: 'up', paused: 'up', stays: 'up' });

    await server.process.stop('SIGKILL');
    await registryIs('away', members);
    for (const { url } of members) expect((await fetch(url)).status).toBe(200);
    const ready = await fetch(`${a.control}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      details: { registry: { condition: 'degraded' } },
    });
    expect(await (await fetch(`${a.control}/metrics`)).text()).toContain('fairlead_registry_up 0');
    expect((await ask(a, 'DELETE', '/api/v1/backends/leaves')).status).toBe(204);
    expect((await ask(b, 'POST', '/api/v1/backends/paused/drain')).status).toBe(200);
    await registerAt(b, 'new');
    expect((await clusterAt(b)).registry.pendingChanges).toBe(2);
    // Longer than the leases, which are not renewed.
    await until('the leases to be over', async () => (await fleetAt(a)).every(({ lease }) => !lease?.expiresInSeconds));
    expect((await fleetAt(b)).map(({ id }) => id)).toEqual(['leaves', 'new', 'paused', 'stays']);
    onTestFinished(keepRenewing(b, ['paused', 'stays']));

    await startRedis(path, [], { port: server.port });
    await registryIs('current', members);
    await allSee(members, { new: 'up', paused: 'draining', stays: 'up' });
    expect((await clusterAt(b)).registry.pendingChanges).toBe(0);
    expect(await (await fetch(`${a.control}/metrics`)).text()).toContain('fairlead_registry_up 1');
  });

  it('fills a store that was emptied', async () => {
    const { server, members } = await aCluster();
    await registerAt(members[0], 'one');
    await registerAt(members[1], 'two');
    await allSee(members, { one: 'up', two: 'up' });
    await server.command('FLUSHALL');
    const [name] = (await server.command('KEYS', '*backends')) as string[];
    expect(name).toBeUndefined();
    await until('the store to have all again', async () => {
      const [key] = (await server.command('KEYS', '*backends')) as string[];
      return key !== undefined && Number(await server.command('HLEN', key)) === 2;
    });
    await allSee(members, { one: 'up', two: 'up' });
  });

  it('reads everything again after REGISTRY_RESYNC_SECONDS, for what no change has told', async () => {
    const server = await startRedis(path);
    const variables = clusterVariables(server);
    const members = await startCluster({ ...variables, REGISTRY_RESYNC_SECONDS: '1' }, ['a']);
    for (const id of ['kept', 'lost']) await registerAt(members[0], id);
    await server.command('HDEL', `{${variables.REGISTRY_PREFIX}}:backends`, 'lost');
    await allSee(members, { kept: 'up' });
  });

  it('a balancer that ends meanwhile has kept what it accepted', async () => {
    const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-cluster-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await startRedis(path, ['--appendonly', 'yes']);
    const variables = clusterVariables(server);
    const own = { ...variables, BALANCER_ID: 'a', REGISTRY_FILE: pathTo(folder, 'registry.sqlite') };
    const [a, b] = await Promise.all([startBalancer(own), startBalancer({ ...variables, BALANCER_ID: 'b' })]);
    await registerAt(a, 'leaves');
    await allSee([a, b], { leaves: 'up' });
    await server.process.stop('SIGKILL');
    await registryIs('away', [a, b]);
    await registerAt(a, 'new');
    expect((await ask(a, 'DELETE', '/api/v1/backends/leaves')).status).toBe(204);
    await a.process.stop('SIGKILL');
    // It does not know the fleet before it has read the store.
    const again = launch('balancer', {
      ...own,
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_PORT: '0',
      DATA_PLANE_THREADS: '0',
    });
    await again.logged('; this balancer waits for it');
    await startRedis(path, ['--appendonly', 'yes'], { port: server.port });
    await allSee([await listening(again), b], { new: 'up' });
  });

  it('of two backends at one address, registered meanwhile at two balancers, the same one holds at both', async () => {
    const { server, members } = await aCluster();
    const [a, b] = members;
    await server.process.stop('SIGKILL');
    await registryIs('away', members);
    const { port } = await httpUpstream((_, response) => response.end());
    for (const [balancer, id] of [
      [a, 'one'],
      [b, 'two'],
    ] as const) {
      expect((await register(balancer.control, { id, port, resources: RESOURCES })).status).toBe(201);
    }
    await startRedis(path, [], { port: server.port });
    await registryIs('current', members);
    const idsAt = async (balancer: Balancer) => (await fleetAt(balancer)).map(({ id }) => id).join();
    await until('both to have the same one', async () => {
      const [one, two] = await Promise.all([idsAt(a), idsAt(b)]);
      return one === two && (one === 'one' || one === 'two');
    });
  });

  it('what a balancer has kept does not undo what became of the backend since', async () => {
    const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-cluster-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await startRedis(path);
    const variables = clusterVariables(server);
    const own = { ...variables, BALANCER_ID: 'a', REGISTRY_FILE: pathTo(folder, 'registry.sqlite') };
    const [a, b] = await Promise.all([startBalancer(own), startBalancer({ ...variables, BALANCER_ID: 'b' })]);
    const port = await registerAt(a, 'paused');
    await registerAt(a, 'left');
    await allSee([a, b], { left: 'up', paused: 'up' });
    server.process.child.kill('SIGSTOP');
    await registryIs('away', [a, b]);
    for (const action of ['drain', 'resume']) await ask(a, 'POST', `/api/v1/backends/paused/${action}`);
    await ask(a, 'POST', '/api/v1/backends/left/drain');
    await a.process.stop('SIGKILL');
    server.process.child.kill('SIGCONT');
    await registryIs('current', [b]);
    expect((await ask(b, 'POST', '/api/v1/backends/paused/drain')).status).toBe(200);
    expect((await ask(b, 'DELETE', '/api/v1/backends/left?now=true')).status).toBe(204);
    const again = await startBalancer(own);
    await allSee([again, b], { paused: 'draining' });
    expect((await fleetAt(again))[0].url).toBe(`http://127.0.0.1:${port}`);
  });

  it('a drain waits for what the others have in flight, also where the store was emptied', async () => {
    const { server, members } = await aCluster();
    const [a, b] = members;
    const { port, held, holds } = await holdingUpstream();
    expect((await register(a.control, { id: 'busy', port, resources: RESOURCES })).status).toBe(201);
    await allSee(members, { busy: 'up' });
    const response = fetch(b.url);
    await holds(1);
    await server.command('FLUSHALL');
    expect((await ask(a, 'DELETE', '/api/v1/backends/busy')).status).toBe(202);
    await until(
      'the store to be filled',
      async () => ((await server.command('KEYS', '*:backends')) as string[]).length === 1,
    );
    await allSee(members, { busy: 'draining' });
    held[0].end('done');
    expect(await (await response).text()).toBe('done');
    await allSee(members, {});
  });

  it('a balancer that was suspended sends nothing to a backend that has left meanwhile', async () => {
    const { members } = await aCluster();
    const [a, b] = members;
    const served: string[] = [];
    const { port } = await httpUpstream((request, response) => {
      served.push(String(request.headers['x-from']));
      response.end();
    });
    expect((await register(a.control, { id: 'left', port, resources: RESOURCES })).status).toBe(201);
    await registerAt(a, 'stays');
    await allSee(members, { left: 'up', stays: 'up' });
    b.process.child.kill('SIGSTOP');
    try {
      expect((await ask(a, 'DELETE', '/api/v1/backends/left')).status).toBe(204);
    } finally {
      b.process.child.kill('SIGCONT');
    }
    served.length = 0;
    const responses = await Promise.all(Array.from({ length: 50 }, () => fetch(b.url)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(served).toEqual([]);
  });

  it('a store that does not respond does not keep requests, and is used again when it does', async () => {
    const { server, members } = await aCluster();
    await registerAt(members[0], 'one');
    await allSee(members, { one: 'up' });
    server.process.child.kill('SIGSTOP');
    try {
      for (let i = 0; i < 20; i++) for (const { url } of members) expect((await fetch(url)).status).toBe(200);
      await registryIs('away', members);
      for (const { url } of members) expect((await fetch(url)).status).toBe(200);
    } finally {
      server.process.child.kill('SIGCONT');
    }
    await registryIs('current', members);
  });
});

describeWith('redis-server', 'a balancer that starts', (path) => {
  it('waits for a store that is not there yet', async () => {
    const [port] = await reservePorts(1);
    const variables = clusterVariables({ url: `redis://127.0.0.1:${port}` } as RedisServer);
    const ports = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', DATA_PLANE_THREADS: '0' };
    const waiting = launch('balancer', { ...variables, ...ports, BALANCER_ID: 'a' });
    expect((await waiting.logged('; this balancer waits for it')).msg).toContain('cannot be reached: ');
    await startRedis(path, [], { port });
    expect((await fetch(`${(await listening(waiting)).control}/health/ready`)).status).toBe(200);
  });
});
