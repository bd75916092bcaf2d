// What a balancer comes to believe of machines that declare nothing, and of requests that say nothing, from latency alone.
import type { DemandList, Explanation, MachineList } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../support/metrics.js';
import { startBackend, startBalancer, until, type Balancer } from '../support/processes.js';
import { loadOf, machine } from '../support/uneven-machines.js';
import { httpUpstream, join } from '../support/upstreams.js';

/** How long each machine works on one unit, milliseconds. */
const MACHINES = { fast: 4, usual: 6, slow: 30 };
const REQUESTS = 400;
const REQUESTS_ALONE = 100;

const get = async <Body>({ control }: Balancer, path: string) => (await (await fetch(control + path)).json()) as Body;
const machinesOf = (balancer: Balancer) => get<MachineList>(balancer, '/api/v1/machines');

/** Requests, by id of the backend. */
async function servedBy(balancer: Balancer): Promise<Record<string, number>> {
  const { backends } = await metricsOf(balancer);
  return Object.fromEntries(backends.map(({ id, requests }) => [id, requests]));
}

async function explain({ control }: Balancer, body: object): Promise<Explanation> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await (await fetch(`${control}/api/v1/placement/explain`, init)).json()) as Explanation;
}

describe.each(['0', '2'])('with %s threads, from machines that declare nothing', (DATA_PLANE_THREADS) => {
  it('it learns which machine is slow and which request is dear, shows it, and places by it', async () => {
    const balancer = await startBalancer({ DECLARED_CAPACITY: 'prior', DATA_PLANE_THREADS, DEMAND_SEED: '7' });
    for (const [id, msPerUnit] of Object.entries(MACHINES)) {
      await join(balancer, id, await machine(msPerUnit), { resources: undefined });
    }
    const before = await machinesOf(balancer);
    expect(before).toMatchObject({ model: 'latent', fit: { loss: null, exploration: 0.01 } });
    const unknown = { declared: null, speed: 1, latent: { samples: 0, confidence: 0 } };
    expect(before.machines).toMatchObject(['fast', 'slow', 'usual'].map((id) => ({ id, pool: 'default', ...unknown })));

    await loadOf(balancer, REQUESTS);

    await until('the slow machine to be known as slow', async () => {
      const { fit, machines } = await machinesOf(balancer);
      const [fast, slow] = machines;
      return fit?.version !== before.fit?.version && slow.speed < fast.speed;
    });
    const { model, fit, machines } = await machinesOf(balancer);
    const names = Array.from({ length: fit?.rank ?? 0 }, (_, r) => `latent-${r + 1}`);
    for (const { id, latent } of machines) {
      expect(latent?.samples, id).toBeGreaterThan(0);
      expect(latent?.confidence, id).toBeGreaterThan(0.5);
      expect(Object.keys(latent?.slowness ?? {}), id).toEqual(names);
    }
    const [fast, slow] = machines.map(({ latent }) => latent?.samples ?? 0);
    expect(slow).toBeLessThan(fast);

    const { classes } = await get<DemandList>(balancer, '/api/v1/demands');
    const work = (name: string) => {
      const latent = classes.find((each) => each.name === name)?.latent ?? {};
      return Object.values(latent).reduce((sum, units) => sum + units, 0);
    };
    expect(work('GET /report')).toBeGreaterThan(work('GET /page'));

    const answer = await explain(balancer, { path: '/report' });
    expect(answer).toMatchObject({ class: 'GET /report', latent: { model, class: 'GET /report' } });
    expect(answer.chosen).not.toBe('slow');
    expect(answer.latent?.samples).toBeGreaterThan(20);
    // The slow machine takes more than three times as long.
    expect(answer.latent?.exploration.candidates.toSorted()).toEqual(['fast', 'usual']);
    expect(answer.latent?.exploration.ratio).toBeGreaterThan(0);
    expect(answer.latent?.exploration.ratio).toBeLessThanOrEqual(0.01);
    expect(Object.keys(answer.latent?.demand ?? {})).toEqual(names);
    for (const { id, terms, latent } of answer.candidates) {
      expect(Object.keys(terms), id).toEqual(names);
      expect(latent, id).toEqual((await machinesOf(balancer)).machines.find((each) => each.id === id)?.latent);
    }

    // How many requests came before the first fit depends on how fast the tests run.
    const served = await servedBy(balancer);
    await loadOf(balancer, REQUESTS);
    const later = await servedBy(balancer);
    expect(later.fast + later.usual + later.slow).toBe(2 * REQUESTS);
    expect(later.slow - served.slow).toBeLessThan(REQUESTS / 6);
    // With one request at a time all machines are idle, and only what is known of them decides.
    await loadOf(balancer, REQUESTS_ALONE, { clients: 1 });
    expect((await servedBy(balancer)).slow - later.slow).toBeLessThan(REQUESTS_ALONE / 10);
  });
});

describe.each([
  [
    'report to cost nothing of it',
    {},
    { 'endpoint-load-metrics': 'TEXT request_cost.compute=1, request_cost.storage=0' },
  ],
  ['declare to need nothing of it', { compute: '1' }, {}],
])('a machine that declares to lack a resource', (what, sent, reported) => {
  it(`serves its part of requests that ${what}`, async () => {
    const balancer = await startBalancer({
      DECLARED_CAPACITY: 'prior',
      DATA_PLANE_THREADS: '1',
      DEMAND_SEED: '7',
      DEMAND_CLIENTS: 'loopback',
    });
    for (const id of ['first', 'second']) await join(balancer, id, await machine(MACHINES.usual, reported));
    const diskless = await machine(MACHINES.usual, reported);
    await join(balancer, 'diskless', diskless, { resources: { compute: 10, storage: 0 } });
    const version = async () => (await machinesOf(balancer)).fit?.version ?? 0;
    const before = await version();
    await loadOf(balancer, REQUESTS, { headers: sent });
    await until('a model of what was served', async () => (await version()) > before + 1);
    const requests = async () =>
      (await metricsOf(balancer)).backends.find(({ id }) => id === 'diskless')?.requests ?? 0;
    const served = await requests();
    await loadOf(balancer, REQUESTS, { headers: sent });
    expect((await requests()) - served).toBeGreaterThan(REQUESTS / 6);
  });
});

describe.each(['0', '2'])('with %s threads', (DATA_PLANE_THREADS) => {
  it('the explanation of a request has the demand that its backend gets', async () => {
    const balancer = await startBalancer({ DECLARED_CAPACITY: 'prior', DATA_PLANE_THREADS });
    const upstream = () =>
      httpUpstream(({ headers }, response) => {
        // So little of the second one that it is taken for none where a backend lacks it.
        response.setHeader('endpoint-load-metrics', 'TEXT request_cost.compute=100, request_cost.storage=1');
        response.end(String(headers['fairlead-demand']));
      });
    await join(balancer, 'whole', (await upstream()).port, { resources: { compute: 100, storage: 100 } });
    const sent = async () => (await fetch(`${balancer.url}/page`)).text();
    await until('the report to be used', async () => (await sent()) === 'compute=100, storage=1');
    expect(await explain(balancer, { path: '/page' })).toMatchObject({ demand: { compute: 100, storage: 1 } });

    await join(balancer, 'diskless', (await upstream()).port, { resources: { compute: 100, storage: 0 } });
    await until('the other demand to be sent', async () => (await sent()) === 'compute=100, storage=0');
    const { demand, candidates, excluded, note } = await explain(balancer, { path: '/page' });
    expect(demand).toEqual({ compute: 100, storage: 0 });
    expect(candidates.map(({ id }) => id).toSorted()).toEqual(['diskless', 'whole']);
    expect({ excluded, note }).toEqual({ excluded: [], note: null });
  });
});

describe('with DECLARED_CAPACITY=trusted', () => {
  it('there are no latent resources, and machines have their learned speed', async () => {
    const balancer = await startBalancer({ DECLARED_CAPACITY: 'trusted' });
    await startBackend(balancer, { BACKEND_ID: 'a', COMPUTE_CAPACITY: '7', STORAGE_CAPACITY: '9' });
    await startBackend(balancer, { BACKEND_ID: 'b', DECLARES: 'nothing' });
    await (await fetch(`${balancer.url}/page`)).arrayBuffer();
    expect(await machinesOf(balancer)).toEqual({
      model: 'declared',
      fit: null,
      machines: [
        {
          id: 'a',
          pool: 'default',
          declared: { compute: 7, storage: 9 },
          speed: expect.any(Number) as number,
          latent: null,
          adoptedFrom: [],
        },
        {
          id: 'b',
          pool: 'default',
          declared: null,
          speed: expect.any(Number) as number,
          latent: null,
          adoptedFrom: [],
        },
      ],
    });
    const { classes } = await get<DemandList>(balancer, '/api/v1/demands');
    expect(classes).toMatchObject([{ name: 'GET /page', latent: null }]);
  });
});
