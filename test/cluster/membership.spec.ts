// One fleet behind two balancers: what is done with one holds for both.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bearer } from '../support/bearer.js';
import { shared } from '../support/lifetime.js';
import { describeWith } from '../support/programs.js';
import { startWithFile } from '../support/configuration-file.js';
import { startBalancer, until } from '../support/processes.js';
import { startRedis } from '../support/redis.js';
import { holdingUpstream, httpUpstream, register } from '../support/upstreams.js';
import { allSee, ask, clusterVariables, fleetAt, liveAt, startCluster, keepRenewing } from './cluster.js';

const TOKEN = 'a-token-of-the-tests-with-enough-letters';
const RESOURCES = { compute: 10, storage: 10 };

describeWith('redis-server', 'a cluster of two balancers', (path) => {
  const cluster = shared(async (atEnd) => {
    const server = await startRedis(path, [], { atEnd });
    return { server, members: await startCluster(clusterVariables(server), ['a', 'b'], atEnd) };
  });
  const members = () => cluster.current.members;

  async function registerAt(control: string, id: string, port: number, more: object = {}): Promise<string> {
    const response = await register(control, { id, port, resources: RESOURCES, ...more });
    expect(response.status).toBe(201);
    return ((await response.json()) as { secret: string }).secret;
  }

  it('knows its balancers', async () => {
    for (const member of members()) expect(await liveAt(member)).toEqual(['a', 'b']);
  });

  it('a backend that registers with one serves the clients of both, and leaves with the other by its secret', async () => {
    const [a, b] = members();
    const { port } = await httpUpstream((_, response) => response.end('served'));
    const secret = await registerAt(a.control, 'files', port, { labels: { zone: 'z' }, leaseSeconds: 30 });
    await allSee(members(), { files: 'up' });
    expect((await fleetAt(b))[0]).toMatchObject({ labels: { zone: 'z' }, lease: { expiresInSeconds: null } });
    for (const { url } of members()) expect(await (await fetch(url)).text()).toBe('served');

    expect((await ask(b, 'PUT', '/api/v1/backends/files/lease', secret)).status).toBe(200);
    expect((await fleetAt(b))[0].lease?.expiresInSeconds).toBeGreaterThan(25);
    expect((await ask(b, 'DELETE', '/api/v1/backends/files', secret)).status).toBe(204);
    await allSee(members(), {});
    for (const { url } of members()) expect((await fetch(url)).status).toBe(503);
  });

  it('a drain is over when both have ended what is in flight, and neither sends anything new', async () => {
    const [a, b] = members();
    const { port, held, holds } = await holdingUpstream();
    await registerAt(a.control, 'slow', port, { pingPath: undefined });
    await allSee(members(), { slow: 'up' });
    const response = fetch(b.url);
    await holds(1);

    expect((await ask(a, 'POST', '/api/v1/backends/slow/drain')).status).toBe(200);
    expect((await fleetAt(b))[0].state).toBe('draining');
    for (const { url } of members()) expect((await fetch(url)).status).toBe(503);
    expect((await fleetAt(a))[0].drain?.complete).toBe(false);
    held[0].end('done');
    expect(await (await response).text()).toBe('done');
    for (const member of members()) {
      await until('the drain to be over', async () => (await fleetAt(member))[0].drain?.complete === true);
    }
    expect((await ask(b, 'POST', '/api/v1/backends/slow/resume')).status).toBe(200);
    await allSee(members(), { slow: 'up' });
    expect((await ask(a, 'DELETE', '/api/v1/backends/slow?now=true')).status).toBe(204);
    await allSee(members(), {});
  });

  it('a backend that leaves is gone when both have ended what is in flight', async () => {
    const [a, b] = members();
    const { port, held, holds } = await holdingUpstream();
    await registerAt(a.control, 'leaving', port);
    await allSee(members(), { leaving: 'up' });
    const response = fetch(b.url);
    await holds(1);
    expect((await ask(a, 'DELETE', '/api/v1/backends/leaving')).status).toBe(202);
    await allSee(members(), { leaving: 'draining' });
    held[0].end('done');
    expect(await (await response).text()).toBe('done');
    await allSee(members(), {});
  });

  it('a backend that comes back while it leaves is a member again, everywhere', async () => {
    const [a, b] = members();
    const { port, held, holds } = await holdingUpstream();
    await registerAt(a.control, 'back', port);
    await allSee(members(), { back: 'up' });
    const response = fetch(b.url);
    await holds(1);
    expect((await ask(a, 'DELETE', '/api/v1/backends/back')).status).toBe(202);
    expect((await register(b.control, { id: 'back', port, resources: RESOURCES })).status).toBe(200);
    await allSee(members(), { back: 'up' });
    held[0].end();
    await response;
    expect((await ask(a, 'DELETE', '/api/v1/backends/back?now=true')).status).toBe(204);
    await allSee(members(), {});
  });

  it('registers a backend once that registers with both at the same time, again and again', async () => {
    const { port } = await httpUpstream((_, response) => response.end());
    const rounds = Array.from({ length: 20 }, (_, i) => i);
    const responses = await Promise.all(
      rounds.flatMap((round) =>
        members().map(({ control }) =>
          register(control, { id: 'both', port, resources: RESOURCES, maxInFlight: round + 1 }),
        ),
      ),
    );
    const statuses = responses.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 201)).toEqual([]);
    expect(statuses.filter((status) => status === 201).length).toBeLessThan(2);
    await allSee(members(), { both: 'up' });
    const limits = await Promise.all(
      members().map(async (member) =>
        (await fleetAt(member)).map((backend) => (backend as unknown as { maxInFlight: number }).maxInFlight),
      ),
    );
    expect(limits[0]).toEqual(limits[1]);
    await ask(members()[0], 'DELETE', '/api/v1/backends/both?now=true');
    await allSee(members(), {});
  });

  it('removes a backend whose lease has lapsed, and none that is renewed with any of them', async () => {
    const [a, b] = members();
    const { port } = await httpUpstream((_, response) => response.end());
    const other = await httpUpstream((_, response) => response.end());
    const third = await httpUpstream((_, response) => response.end());
    const secret = await registerAt(a.control, 'renewed', port, { leaseSeconds: 2 });
    await registerAt(a.control, 'lapsing', other.port, { leaseSeconds: 2 });
    const kept = await registerAt(a.control, 'kept', third.port, { leaseSeconds: 600 });
    const stop = keepRenewing(b, ['renewed'], secret);
    try {
      await allSee(members(), { kept: 'up', renewed: 'up' });
    } finally {
      await stop();
    }
    await ask(a, 'DELETE', '/api/v1/backends/renewed?now=true', secret);
    await ask(b, 'DELETE', '/api/v1/backends/kept?now=true', kept);
    await allSee(members(), {});
  });
});

describeWith('redis-server', 'a cluster whose callers need tokens', (path) => {
  it('takes the secret of a backend at every balancer, and nothing else', async () => {
    const tokens = [{ name: 'fleet', role: 'register', sha256: createHash('sha256').update(TOKEN).digest('hex') }];
    const variables = { ...clusterVariables(await startRedis(path)), CONTROL_PLANE_TOKENS: JSON.stringify(tokens) };
    const [a, b] = await Promise.all(['a', 'b'].map((id) => startBalancer({ ...variables, BALANCER_ID: id })));
    const { port } = await httpUpstream((_, response) => response.end());
    const body = JSON.stringify({ id: 'mine', port, resources: RESOURCES, leaseSeconds: 60 });
    const headers = { 'content-type': 'application/json', ...bearer(TOKEN) };
    const response = await fetch(`${a.control}/api/v1/backends`, { method: 'POST', headers, body });
    const { secret } = (await response.json()) as { secret: string };
    const renewWith = async (own: string) =>
      (
        await fetch(`${b.control}/api/v1/backends/mine/lease`, {
          method: 'PUT',
          headers: { ...bearer(TOKEN), 'fairlead-backend-secret': own },
        })
      ).status;
    await until('the other one to know it', async () => (await renewWith(secret)) === 200);
    expect(await renewWith('another')).toBe(403);
  });
});

describeWith('redis-server', 'a balancer whose file names a backend', (path) => {
  it('takes it from no other balancer', async () => {
    const variables = clusterVariables(await startRedis(path));
    const [other] = await startCluster(variables, ['other']);
    const { port } = await httpUpstream((_, response) => response.end('served'));
    expect((await register(other.control, { id: 'shared', port, resources: RESOURCES })).status).toBe(201);
    await allSee([other], { shared: 'up' });
    const file = `
pools:
  default:
    backends:
      - { id: shared, url: 'http://127.0.0.1:${port}' }
`;
    const named = await startWithFile(file, { ...variables, BALANCER_ID: 'named' });
    await allSee([named], { shared: 'up' });
    expect((await ask(named, 'DELETE', '/api/v1/backends/shared?now=true')).status).toBe(409);
    await until('both to see each other', async () => (await liveAt(other)).length === 2);
    expect((await fleetAt(other)).map(({ id }) => id)).toEqual(['shared']);
    for (const { url } of [other, named]) expect(await (await fetch(url)).text()).toBe('served');
  });
});
