import type { DemandList, Explanation } from '@fairlead/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { lastGet } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf } from '../support/metrics.js';
import { startBackend, startBalancer, until, type Balancer } from '../support/processes.js';
import { sendRaw } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, register } from '../support/upstreams.js';

async function explain({ control }: Balancer, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${control}/api/v1/placement/explain`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function demandsOf({ control }: Balancer): Promise<DemandList> {
  return (await (await fetch(`${control}/api/v1/demands`)).json()) as DemandList;
}

/** The demands, once these classes and no others have the source: what is learned becomes known within a second. */
async function demandsFrom(source: string, balancer: Balancer, names: string[]): Promise<DemandList> {
  let demands = await demandsOf(balancer);
  const found = () => demands.classes.filter((each) => each.source === source).map(({ name }) => name);
  await until(`the demands of ${names.join(' and ')} to be ${source}`, async () => {
    demands = await demandsOf(balancer);
    return demands.classes.length === names.length && names.every((name) => found().includes(name));
  });
  return demands;
}

/** For tests that need no balancer of their own. */
const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('explaining a placement', () => {
  it.each([
    ['trusted', ['compute', 'storage']],
    ['prior', ['latent-1', 'latent-2']],
  ])('every candidate is scored term by term, and each excluded backend has a reason, %s', async (taken, resources) => {
    const balancer = await startBalancer({ DECLARED_CAPACITY: taken });
    const { port } = await httpUpstream((_, response) => response.end());
    const other = await httpUpstream((_, response) => response.end());
    const third = await httpUpstream((_, response) => response.end());
    await join(balancer, 'cpu', port, { resources: { compute: 20, storage: 10 } });
    await join(balancer, 'disk', other.port, { resources: { compute: 10, storage: 20 } });
    await join(balancer, 'diskless', third.port, { resources: { compute: 10, storage: 0 } });
    await register(balancer.control, { id: 'away', port: 1, resources: { compute: 1, storage: 1 } });

    const answer = (await (await explain(balancer, { demand: { compute: 10, storage: 1 } })).json()) as Explanation;

    expect(answer).toMatchObject({
      pool: 'default',
      policy: 'drf',
      chosen: 'cpu',
      demand: { compute: 10, storage: 1 },
    });
    expect(answer.candidates.map(({ id }) => id)).toEqual(['cpu', 'disk']);
    const [{ score, terms }] = answer.candidates;
    const [compute, storage] = resources.map((name) => terms[name]);
    expect(compute).toMatchObject({ backlogSeconds: 0, workSeconds: 0.5 });
    // Both count by the size of the backend.
    expect(compute.score / storage.score).toBeCloseTo((0.5 / 0.1) ** 4, 6);
    expect(score).toBeCloseTo(compute.score + storage.score, 12);
    const declared = { cpu: { compute: 20, storage: 10 }, disk: { compute: 10, storage: 20 } };
    expect(Object.fromEntries(answer.candidates.map((candidate) => [candidate.id, candidate.declared]))).toEqual(
      declared,
    );
    if (taken === 'trusted') {
      expect(compute.score).toBe(0.5 ** 4 / 4);
      expect(answer.latent).toBeNull();
      expect(answer.candidates[0].latent).toBeNull();
    } else {
      expect(answer.latent).toMatchObject({
        model: 'latent',
        class: 'DECLARED compute=9.5 storage=1',
        demand: { 'latent-1': 10, 'latent-2': 1 },
        samples: 0,
        confidence: 0,
      });
      expect(answer.candidates[0].latent).toMatchObject({ slowness: { 'latent-1': 0.05 }, samples: 0, confidence: 0 });
    }
    expect(answer.excluded).toEqual([
      { id: 'away', state: expect.stringMatching(/joining|down/), reason: expect.stringContaining('it is') },
      { id: 'diskless', state: 'up', reason: 'it has no storage' },
    ]);
    expect((await metricsOf(balancer)).fleet.inFlight).toBe(0);
  });

  it('under a policy without scores, candidates are listed, and the next one is named', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'least-requests' });
    const { port } = await httpUpstream((_, response) => response.end());
    const other = await httpUpstream((_, response) => response.end());
    await join(balancer, 'large', port, { resources: { compute: 30, storage: 30 } });
    await join(balancer, 'small', other.port, { resources: { compute: 3, storage: 3 } });
    const answer = (await (await explain(balancer, { demand: { compute: 1 } })).json()) as Explanation;
    expect(answer.candidates.map(({ id, score }) => [id, score])).toEqual([
      ['large', null],
      ['small', null],
    ]);
    expect(answer.chosen).toBe('large');
    expect(answer.note).toMatch(/^the policy least-requests gives no scores: The backend with the fewest/);
    expect(answer.excluded).toEqual([]);
  });

  it.each([
    ['round-robin', /cannot be said: it takes the backends in turn, and each thread has its own turn$/],
    ['random', /cannot be said: it draws a backend at random$/],
    ['least-requests', /cannot be said: it takes backends that are equally good in turn/],
    ['maglev', /cannot be said: it sends a request without an affinity key to a random backend$/],
  ])('under %s no backend is named, unless there is only one', async (policy, note) => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: policy });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    const answer = async () => (await (await explain(balancer, { demand: {} })).json()) as Explanation;
    expect((await answer()).chosen).toBe('a');
    await join(balancer, 'b', (await httpUpstream((_, response) => response.end())).port);
    expect(await answer()).toMatchObject({ chosen: null, note: expect.stringMatching(note) });
  });

  it('a head is read as the data plane reads it', async () => {
    const balancer = await startBalancer({ REPEATED_SLASHES: 'normalize', DOT_SEGMENTS: 'reject' });
    await join(balancer, 'a', (await httpUpstream((_, response) => response.end())).port);
    expect(await (await explain(balancer, { path: '//reports//7' })).json()).toMatchObject({
      class: 'GET /reports/{}',
    });
    const refused = async (body: object) => ((await (await explain(balancer, body)).json()) as Error).message;
    expect(await refused({ path: '/a/../b' })).toMatch(/responds with 400, the path must not have a dot segment/);
    expect(await refused({ path: '/', method: 'TRACE' })).toMatch(/responds with 405, TRACE is not allowed here/);
  });

  it('a learned demand excludes no backend when each lacks one of its resources', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => {
      response.setHeader('endpoint-load-metrics', 'JSON {"request_cost": {"compute": 3, "storage": 7}}').end();
    });
    await join(balancer, 'diskless', port, { resources: { compute: 10, storage: 0 } });
    for (let i = 0; i < 3; i++) expect((await fetch(`${balancer.url}/x`)).status).toBe(200);
    const answer = (await (await explain(balancer, { path: '/x' })).json()) as Explanation;
    expect(answer).toMatchObject({ chosen: 'diskless', excluded: [] });
    if (answer.demand.storage > 0) expect(answer.note).toMatch(/^no backend has all resources of the learned demand/);
  });

  it.each([{ DATA_PLANE_THREADS: '0' }, { DATA_PLANE_THREADS: '2' }])(
    'a method and a path are explained with what was learned of them, %j',
    async (env) => {
      const balancer = await startBalancer({ ...env });
      const { port } = await httpUpstream((_, response) => {
        response.setHeader('endpoint-load-metrics', 'JSON {"request_cost": {"compute": 3, "storage": 7}}').end();
      });
      await join(balancer, 'a', port);
      for (let i = 0; i < 3; i++) await (await fetch(`${balancer.url}/reports`)).arrayBuffer();
      await demandsFrom('reported', balancer, ['GET /reports']);
      const answer = (await (await explain(balancer, { path: '/reports?of=today' })).json()) as Explanation;
      expect(answer).toMatchObject({
        pool: 'default',
        route: 'default',
        class: 'GET /reports',
        demandSource: 'reported',
        chosen: 'a',
        note: null,
      });
      expect(answer.demand.compute).toBeCloseTo(3);
      expect(answer.demand.storage).toBeCloseTo(7);
      const declared = { path: '/', headers: { 'Fairlead-Demand': 'compute=5' } };
      expect((await (await explain(balancer, declared)).json()) as Explanation).toMatchObject({
        demand: { compute: 5, storage: 0 },
        demandSource: 'given',
        class: null,
        note: 'headers declare a demand only if the client is in DEMAND_CLIENTS',
      });
    },
  );

  it.each([
    [{ demand: { gpu: 1 } }, /^demand\.gpu is unknown/],
    [{ demand: { compute: -1 } }, /^demand\.compute must be a number from 0 to 1000000, got -1$/],
    [{}, /give demand, or path, or both/],
    [{ demand: { compute: 1 }, method: 'GET' }, /method, host and headers need path/],
    [{ path: 'reports' }, /^path must be a path such as .*, got "reports"$/],
    [{ path: '/', method: 'get' }, /^method must be a method in capital letters.*, got "get"$/],
    [{ demand: {}, pool: 'reports' }, /^there is no pool "reports": the pools are default$/, 404],
  ])('%j is refused with what is allowed', async (body, sentence, status = 400) => {
    const response = await explain(serving.current, body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { message: string }).message).toMatch(sentence);
  });

  it('a client in DEMAND_CLIENTS alone is told where its request went', async () => {
    const ask = lastGet('/', 'Fairlead-Explain: 1', 'Compute: 3');
    for (const [trusted, expected] of [
      ['loopback', /\r\nFairlead-Placement: "a"; compute=3; storage=0\r\n/],
      ['none', /^(?![^]*Fairlead-Placement)/],
    ] as const) {
      const balancer = await startBalancer({ DEMAND_CLIENTS: trusted });
      const { port } = await httpUpstream((request, response) => {
        response.setHeader('Fairlead-Placement', 'forged');
        response.end(String(request.headers['fairlead-explain']));
      });
      await join(balancer, 'a', port);
      const answer = await sendRaw(balancer.port, ask);
      expect(answer).toMatch(expected);
      expect(answer).not.toContain('forged');
      expect(answer).toMatch(/undefined$/);
    }
  });
});

describe('learning what requests need', () => {
  it('the demand of a class is what backends report', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((request, response) => {
      const [compute, storage] = request.url?.startsWith('/users') ? [4, 1] : [1, 8];
      response.setHeader(
        'endpoint-load-metrics',
        `TEXT request_cost.compute=${compute}, request_cost.storage=${storage}`,
      );
      response.end();
    });
    await join(balancer, 'a', port);
    for (let i = 0; i < 20; i++) {
      await (await fetch(`${balancer.url}/users/${i}`)).text();
      await (await fetch(`${balancer.url}/files`)).text();
    }
    const { classes, reports } = await demandsFrom('reported', balancer, ['GET /users/{}', 'GET /files']);
    expect(reports).toEqual({ accepted: 40, ignored: 0 });
    const users = classes.find(({ name }) => name.startsWith('GET /users/{}'));
    expect(users).toMatchObject({ source: 'reported', demand: { compute: 4, storage: 1 } });
    expect(classes.find(({ name }) => name === 'GET /files')).toMatchObject({ demand: { compute: 1, storage: 8 } });
  });

  it('invalid reports are ignored, counted, and logged once', async () => {
    // Once in each thread.
    const balancer = await startBalancer({ DATA_PLANE_THREADS: '0' });
    const nonsense = [
      'JSON {"request_cost":{"compute":-1}}',
      'TEXT request_cost.compute=NaN',
      'TEXT request_cost.compute=1e308',
      'TEXT request_cost.compute=1, request_cost.compute=2',
      'BIN %%%',
      `JSON {"request_cost":{"compute":1},"x":"${'x'.repeat(9000)}"}`,
      'JSON {"request_cost":{"__proto__":1}}',
      'XML <a/>',
    ];
    const { port } = await httpUpstream((_, response) => {
      response.setHeader('endpoint-load-metrics', nonsense.shift() ?? '');
      response.end();
    });
    await join(balancer, 'a', port);
    const count = nonsense.length;
    for (let i = 0; i < count; i++) expect((await fetch(balancer.url)).status).toBe(200);
    const { reports } = await demandsOf(balancer);
    expect(reports).toEqual({ accepted: 0, ignored: count });
    const complaints = balancer.process.lines.filter(({ msg }) => msg?.includes('are ignored'));
    expect(complaints).toHaveLength(1);
    expect(await (await fetch(`${balancer.control}/metrics`)).text()).toContain(
      `fairlead_cost_reports_total{outcome="ignored"} ${count}`,
    );
  });

  it('requests are served by a fleet that lacks a resource which none of them is known to need', async () => {
    const balancer = serving.current;
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'diskless', port, { resources: { compute: 20, storage: 0 } });
    for (let i = 0; i < 5; i++) expect((await fetch(balancer.url)).status).toBe(200);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ requests: 5, backlogSeconds: { storage: 0 } });
  });

  it('the cost of an error is not learned as that of the request', async () => {
    const balancer = await startBalancer();
    const { port } = await httpUpstream((_, response) => {
      response.setHeader('endpoint-load-metrics', 'TEXT request_cost.compute=9');
      response.writeHead(500).end();
    });
    await join(balancer, 'a', port);
    for (let i = 0; i < 3; i++) expect((await fetch(balancer.url)).status).toBe(500);
    expect(await demandsFrom('prior', balancer, ['GET /'])).toMatchObject({ reports: { accepted: 0 }, classes: [{}] });
  });

  it('demands that are not reported are inferred, and the oldest classes beyond the limit are forgotten', async () => {
    const balancer = await startBalancer({ DEMAND_CLASSES: '2', DATA_PLANE_THREADS: '1' });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    for (const path of ['/a', '/b', '/c']) await (await fetch(balancer.url + path)).text();
    await demandsFrom('inferred', balancer, ['GET /b', 'GET /c']);
  });
});

describe('maglev', () => {
  it('a key stays on its backend while others come and go', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'maglev', AFFINITY_KEY: 'header:x-session' });
    for (const id of ['a', 'b', 'c']) await startBackend(balancer, { BACKEND_ID: id });
    const backendOf = async (session: number) => {
      const response = await fetch(balancer.url, { headers: { 'x-session': `s${session}` } });
      return ((await response.json()) as { backend: string }).backend;
    };
    const sessions = Array.from({ length: 40 }, (_, i) => i);
    const before = await Promise.all(sessions.map(backendOf));
    expect(new Set(before).size).toBe(3);
    expect(await Promise.all(sessions.map(backendOf))).toEqual(before);
    await fetch(`${balancer.control}/api/v1/backends/c/drain`, { method: 'POST' });
    const after = await Promise.all(sessions.map(backendOf));
    const moved = sessions.filter((i) => before[i] !== 'c' && before[i] !== after[i]);
    expect(moved.length).toBeLessThan(4);
    expect(after).not.toContain('c');
  });
});
