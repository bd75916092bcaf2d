// Backends that declare nothing of their resources, in each way to join a fleet, alone and beside others that do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import type { BackendView, Explanation } from '@fairlead/contracts';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startWithFile, reload } from '../support/configuration-file.js';
import { shared } from '../support/lifetime.js';
import { eventsOf, metricsOf, samplesOf } from '../support/metrics.js';
import { backendIn, startBackend, startBalancer, type Balancer } from '../support/processes.js';
import { emptyFleet, holdingUpstream, httpUpstream, join, register } from '../support/upstreams.js';

const upstream = (text: string) => httpUpstream((_, response) => response.end(text));
const urlOf = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;

async function viewOf({ control }: Pick<Balancer, 'control'>, id: string): Promise<BackendView> {
  return (await (await fetch(`${control}/api/v1/backends/${encodeURIComponent(id)}`)).json()) as BackendView;
}

/** How many of these requests each backend served, by the text of its response. */
async function servedBy({ url }: Pick<Balancer, 'url'>, requests: number): Promise<Record<string, number>> {
  const served: Record<string, number> = {};
  for (let i = 0; i < requests; i++) {
    const text = await (await fetch(url)).text();
    served[text] = (served[text] ?? 0) + 1;
  }
  return served;
}

const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('a backend that declares nothing', () => {
  it.each([
    ['its port alone', {}],
    ['empty resources', { resources: {} }],
  ])('joins by the API with %s, is served, and is shown without resources', async (_, more) => {
    const balancer = serving.current;
    const { port } = await upstream('served');
    const response = await register(balancer.control, { port, ...more });
    expect(response.status).toBe(201);
    expect(await response.json()).not.toHaveProperty('resources');
    const id = urlOf({ port });
    await backendIn(balancer.control, id, 'up');
    expect(await servedBy(balancer, 3)).toEqual({ served: 3 });
    expect(await viewOf(balancer, id)).not.toHaveProperty('resources');
    const { fleet, backends } = await metricsOf(balancer);
    expect(fleet).toMatchObject({ capacity: { compute: 0, storage: 0 }, unplaced: 0, requests: expect.any(Number) });
    expect(backends).toMatchObject([{ id, requests: 3, maxInFlight: 1024 }]);
    expect(backends[0]).not.toHaveProperty('capacity');
    expect(await samplesOf(balancer, 'fairlead_backend_capacity')).toEqual({});
  });

  it('joins by the original protocol with its port alone, and gets whole units', async () => {
    const balancer = serving.current;
    const headers: unknown[] = [];
    const { port } = await httpUpstream((request, response) => {
      headers.push([request.headers.compute, request.headers.storage]);
      response.end();
    });
    const body = JSON.stringify({ Port: port });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const response = await fetch(balancer.control, init);
    expect([response.status, await response.text()]).toEqual([200, 'Server accepted\n']);
    await backendIn(balancer.control, urlOf({ port }), 'up');
    expect(await viewOf(balancer, urlOf({ port }))).not.toHaveProperty('resources');
    expect((await fetch(balancer.url)).status).toBe(200);
    expect(headers).toEqual([[expect.stringMatching(/^[1-9]\d*$/), expect.stringMatching(/^[1-9]\d*$/)]]);
  });

  it('joins by RegistrationModule', async () => {
    const balancer = serving.current;
    await startBackend(balancer, { BACKEND_ID: 'module', DECLARES: 'nothing', COMPUTE_CAPACITY: '7' });
    expect(await viewOf(balancer, 'module')).not.toHaveProperty('resources');
    const report = (await (await fetch(`${balancer.url}/job`)).json()) as object;
    expect(report).toMatchObject({ backend: 'module', capacity: { compute: 7 } });
  });

  it('is named by the configuration file, and a reload shows what it declares since', async () => {
    const server = await upstream('from the file');
    const entry = { id: 'fixed', url: urlOf(server) };
    const fileWith = (backend: object) => JSON.stringify({ pools: { default: { backends: [backend] } } });
    const balancer = await startWithFile(fileWith(entry));
    await backendIn(balancer.control, 'fixed', 'up');
    expect(await servedBy(balancer, 2)).toEqual({ 'from the file': 2 });
    expect(await viewOf(balancer, 'fixed')).not.toHaveProperty('resources');

    balancer.write(fileWith({ ...entry, resources: { compute: 2, storage: 3 } }));
    const changed = await reload(balancer);
    expect(changed.changes).toEqual(['pool default: backend fixed: resources not declared → compute 2, storage 3']);
    expect(await viewOf(balancer, 'fixed')).toMatchObject({ resources: { compute: 2, storage: 3 } });
    balancer.write(fileWith({ ...entry, resources: {} }));
    await reload(balancer);
    expect(await viewOf(balancer, 'fixed')).not.toHaveProperty('resources');
  });

  it('is back after SIGKILL, and still declares nothing', async () => {
    const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-undeclared-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const env = { REGISTRY_FILE: pathTo(folder, 'registry.sqlite'), PLACEMENT_POLICY: 'round-robin' };
    const [plain, sized] = [await upstream('plain'), await upstream('sized')];
    const first = await startBalancer(env);
    await join(first, 'plain', plain.port, { resources: undefined });
    await join(first, 'sized', sized.port);
    await first.process.stop('SIGKILL');

    const second = await startBalancer(env);
    for (const id of ['plain', 'sized']) await backendIn(second.control, id, 'up');
    expect(await viewOf(second, 'plain')).not.toHaveProperty('resources');
    expect(await viewOf(second, 'sized')).toMatchObject({ resources: { compute: 10, storage: 10 } });
    expect(Object.keys(await servedBy(second, 20)).toSorted()).toEqual(['plain', 'sized']);
  });

  it('changes its mind with an event for each change', async () => {
    const balancer = serving.current;
    const { port } = await upstream('served');
    await join(balancer, 'fickle', port);
    const before = (await eventsOf(balancer)).at(-1)?.sequence ?? 0;
    for (const resources of [undefined, {}, { compute: 1, storage: 2 }, undefined]) {
      expect((await register(balancer.control, { id: 'fickle', port, resources })).status).toBe(200);
    }
    const events = (await eventsOf(balancer)).filter(({ sequence }) => sequence > before);
    const change = { kind: 'changed', backend: 'fickle', reason: expect.stringContaining('other values of capacity') };
    expect(events).toMatchObject([change, change, change]);
    expect(events).toHaveLength(3);
  });
});

describe('a mixed fleet', () => {
  /** Three that declare 10, 20 and 60, and one that declares nothing. They respond equally fast. */
  async function joinMixed(balancer: Balancer): Promise<void> {
    const servers = await Promise.all(['small', 'median', 'large', 'plain'].map(upstream));
    for (const [i, compute] of [10, 20, 60].entries()) {
      const id = ['small', 'median', 'large'][i];
      await join(balancer, id, servers[i].port, { resources: { compute, storage: compute } });
    }
    await join(balancer, 'plain', servers[3].port, { resources: undefined });
  }

  it.each(['prior', 'trusted'])('limits it as a machine of median size, with %s', async (DECLARED_CAPACITY) => {
    const balancer = await startBalancer({ DECLARED_CAPACITY });
    await joinMixed(balancer);
    const { backends, fleet } = await metricsOf(balancer);
    const limits = Object.fromEntries(backends.map(({ id, maxInFlight }) => [id, maxInFlight]));
    expect(limits).toEqual({ small: 512, median: 1024, large: 3072, plain: 1024 });
    expect(fleet.capacity).toEqual({ compute: 90, storage: 90 });
  });

  it.each(['0', '2'])('treats it as a machine of median size, with %s threads', async (DATA_PLANE_THREADS) => {
    // What is learned of backends that are equally fast would move the shares away from what they declare.
    const nothingLearned = { DECLARED_CAPACITY: 'trusted', DEMAND_SOURCE: 'unit' };
    const PLACEMENT_POLICY = 'weighted-round-robin';
    const balancer = await startBalancer({ DATA_PLANE_THREADS, PLACEMENT_POLICY, ...nothingLearned });
    await joinMixed(balancer);

    const threads = Math.max(1, Number(DATA_PLANE_THREADS));
    const served = await servedBy(balancer, 110);
    // Of each 11 requests: 1, 2, 6 and 2. Each thread has its own turn.
    for (const [id, share] of Object.entries({ small: 10, median: 20, large: 60, plain: 20 })) {
      expect(Math.abs((served[id] ?? 0) - share), `${id}: ${served[id]}`).toBeLessThanOrEqual(6 * threads);
    }
  });

  it('never counts it in stranded capacity, however much is queued there', async () => {
    const DEMAND_RULES = '[{"path": "/*rest", "demand": {"compute": 40}}]';
    const balancer = await startBalancer({ DEMAND_RULES, PLACEMENT_POLICY: 'round-robin' });
    const [plain, sized] = [await holdingUpstream(), await holdingUpstream()];
    await join(balancer, 'plain', plain.port, { resources: undefined });
    await join(balancer, 'sized', sized.port);
    const requests = [1, 2].map(() => fetch(`${balancer.url}/report`));
    await Promise.all([plain.holds(1), sized.holds(1)]);
    const { backends, fleet } = await metricsOf(balancer);
    const demand = { inFlightDemand: { compute: 40 }, backlogSeconds: { compute: 4 } };
    expect(backends).toMatchObject([
      { id: 'plain', ...demand, strandedCapacity: { compute: 0, storage: 0 } },
      { id: 'sized', ...demand, strandedCapacity: { compute: 0, storage: 10 } },
    ]);
    expect(fleet.strandedCapacity).toEqual({ compute: 0, storage: 10 });
    for (const { held } of [plain, sized]) held[0].end();
    await Promise.all(requests);
  });

  it('gives it requests that need a resource others lack', async () => {
    const balancer = serving.current;
    const { port } = await upstream('served');
    await join(balancer, 'no-disk', port, { resources: { compute: 10, storage: 0 } });
    await join(balancer, 'plain', (await upstream('plain')).port, { resources: undefined });
    const response = await fetch(`${balancer.control}/api/v1/placement/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ demand: { storage: 2 } }),
    });
    const explanation = (await response.json()) as Explanation;
    expect(explanation).toMatchObject({
      chosen: 'plain',
      candidates: [{ id: 'plain', declared: null, terms: { 'latent-2': { workSeconds: expect.any(Number) } } }],
      excluded: [{ id: 'no-disk', reason: 'it has no storage' }],
    });
  });
});

describe('resources that are neither declared nor absent', () => {
  it.each([
    ['null', null, 'resources must be an object such as {"compute": 20, "storage": 36}'],
    ['a list', [], 'resources must be an object such as {"compute": 20, "storage": 36}'],
    ['a negative one', { compute: -1, storage: 1 }, 'resources.compute must be a number from 0 to 1000000000'],
    ['an unknown name', { gpu: 1 }, "resources.gpu is unknown: this fleet's resources are compute, storage"],
    ['not all of them', { compute: 1 }, 'resources.storage is missing (0 if the backend has none)'],
    [
      'nothing above zero',
      { compute: 0, storage: 0 },
      'resources must have at least one resource above zero, or be left out',
    ],
  ])('%s is refused with a sentence', async (_, resources, sentence) => {
    const { control } = serving.current;
    const response = await register(control, { port: 1, resources });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(sentence);
    expect((await metricsOf(serving.current)).backends).toEqual([]);
  });
});
