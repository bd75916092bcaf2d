// What a balancer has learned outlives it, and helps the others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathTo } from 'node:path';
import type { DemandList, MachineList } from '@fairlead/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWith } from '../support/programs.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { join } from '../support/upstreams.js';
import { loadOf, machine } from '../support/uneven-machines.js';
import { allSee, clusterVariables } from './cluster.js';

/** How long each machine works on one unit, milliseconds. */
const MACHINES = { fast: 4, slow: 30, usual: 6 };
const UP = { fast: 'up', slow: 'up', usual: 'up' };
/** How long learning may take on a busy machine, which tries the slow one seldom. Milliseconds. */
const LEARNING_MS = 120_000;
const SETTINGS = { DECLARED_CAPACITY: 'prior', DEMAND_SEED: '7' };

const get = async <Body>({ control }: Balancer, path: string) => (await (await fetch(control + path)).json()) as Body;
const machinesOf = async (balancer: Balancer) => {
  const { machines } = await get<MachineList>(balancer, '/api/v1/machines');
  return Object.fromEntries(machines.map((each) => [each.id, each]));
};
const classesOf = async (balancer: Balancer) => {
  const { classes } = await get<DemandList>(balancer, '/api/v1/demands');
  return Object.fromEntries(classes.map((each) => [each.name, each]));
};
const work = (units: Readonly<Record<string, number>> | null | undefined) =>
  Object.values(units ?? {}).reduce((sum, each) => sum + each, 0);

async function joinAll(balancer: Balancer): Promise<void> {
  for (const [id, ms] of Object.entries(MACHINES))
    await join(balancer, id, await machine(ms), { resources: undefined });
}

/** Serves requests until the balancer knows which machine is slow. */
async function learn(balancer: Balancer): Promise<void> {
  await until(
    'the slow machine to be known as slow',
    async () => {
      await loadOf(balancer, 200);
      const { slow, fast } = await machinesOf(balancer);
      return slow.latent!.samples >= 1 && slow.speed < fast.speed / 2;
    },
    LEARNING_MS,
  );
}

/** Expects that a balancer which has served nothing knows what another, or itself before, has learned. */
async function expectAdopted(balancer: Balancer, from: readonly string[]): Promise<void> {
  const machines = await machinesOf(balancer);
  expect(machines.slow.speed).toBeLessThan(machines.fast.speed / 2);
  for (const { latent, adoptedFrom } of Object.values(machines)) {
    expect(latent).toMatchObject({ samples: 0, adoptedSamples: expect.any(Number) as number });
    expect(latent!.adoptedSamples).toBeGreaterThanOrEqual(1);
    expect(latent!.confidence).toBeGreaterThanOrEqual(0.5);
    expect(adoptedFrom).toEqual(from);
  }
  const classes = await classesOf(balancer);
  expect(work(classes['GET /report'].latent)).toBeGreaterThan(1.3 * work(classes['GET /page'].latent));
  for (const each of [classes['GET /report'], classes['GET /page']]) {
    expect(each).toMatchObject({ samples: 0, source: 'inferred', adoptedFrom: from });
    expect(each.adoptedSamples).toBeGreaterThan(20);
  }
}

describe('a balancer with a registry file', () => {
  it('knows after a restart what it has learned before', async () => {
    const folder = mkdtempSync(pathTo(tmpdir(), 'fairlead-learning-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const env = { ...SETTINGS, REGISTRY_FILE: pathTo(folder, 'registry.sqlite'), BALANCER_ID: 'lb' };
    const first = await startBalancer(env);
    await joinAll(first);
    await learn(first);
    await first.process.stop('SIGTERM');

    const second = await startBalancer(env);
    await expectAdopted(second, ['lb']);
    await allSee([second], UP);
    await second.process.stop('SIGTERM');

    // Also over a run in which nothing was served.
    const third = await startBalancer({ ...env, DATA_PLANE_THREADS: '2' });
    await expectAdopted(third, ['lb']);
    await allSee([third], UP);
    await until('own samples to take the place of what was adopted', async () => {
      await loadOf(third, 200);
      const { fast } = await machinesOf(third);
      return fast.latent!.samples > 100 && fast.latent!.adoptedSamples < 13;
    });
  });
});

describeWith('redis-server', 'a cluster', (path) => {
  const share = async (server: RedisServer, { REGISTRY_PREFIX }: Record<string, string>, id: string) =>
    (await server.command('HGET', `{${REGISTRY_PREFIX}}:shares`, id)) as string | null;

  it('a balancer that joins knows what the others have learned, and what is poisoned is not believed', async () => {
    const server = await startRedis(path);
    const variables: Record<string, string> = { ...clusterVariables(server), ...SETTINGS };
    const a = await startBalancer({ ...variables, BALANCER_ID: 'a' });
    await joinAll(a);
    await learn(a);
    await until('what was learned to be stored', async () => (await share(server, variables, 'a')) !== null);
    const text = (await share(server, variables, 'a'))!;
    const poison = async (id: string, value: string) =>
      void (await server.command('HSET', `{${variables.REGISTRY_PREFIX}}:shares`, id, value));
    await poison('garbage', 'no time, and no JSON');
    await poison('newer', text.replace('"format":1', '"format":2'));
    await poison('infinite', text.replaceAll(/\[("[^"]+"),[\d.e+-]+,/g, '[$1,1e999,'));
    await poison('huge', text.replaceAll(/\[("[^"]+",[\d.e+-]+),[\d.e+-]+/g, '[$1,1e300'));
    // Within all bounds, and wrong: the slow machine is said to be the fastest.
    await poison('wrong', text.replaceAll(/\["slow",([\d.e+-]+),[\d.e+,-]+\]/g, '["slow",$1,1e-9,1e-9,1e-9]'));

    const b = await startBalancer({ ...variables, BALANCER_ID: 'b' });
    await allSee([b], UP);
    for (const id of ['garbage', 'newer', 'infinite', 'huge']) {
      const line = await b.process.logged(`what ${JSON.stringify(id)} has learned is ignored`);
      expect(line).toMatchObject({ level: 'warn' });
    }
    const classes = await classesOf(b);
    expect(classes['GET /report']).toMatchObject({ samples: 0, adoptedFrom: ['a', 'wrong'] });
    expect(work(classes['GET /report'].latent)).toBeGreaterThan(work(classes['GET /page'].latent));

    await until(
      'the slow machine to be known as slow',
      async () => {
        await loadOf(b, 200);
        const { slow, fast } = await machinesOf(b);
        return slow.speed < fast.speed;
      },
      LEARNING_MS,
    );
  });

  it('a balancer knows what another has learned of a machine that has come later', async () => {
    const server = await startRedis(path);
    const variables: Record<string, string> = { ...clusterVariables(server), ...SETTINGS };
    const a = await startBalancer({ ...variables, BALANCER_ID: 'a' });
    await joinAll(a);
    await learn(a);
    await a.process.stop('SIGTERM');
    for (const id of Object.keys(MACHINES)) {
      await server.command('HDEL', `{${variables.REGISTRY_PREFIX}}:backends`, id);
    }
    const b = await startBalancer({ ...variables, BALANCER_ID: 'b' });
    expect(await machinesOf(b)).toEqual({});
    await joinAll(b);
    await until('the machines to be known', async () => {
      const { slow } = await machinesOf(b);
      return slow.adoptedFrom.length > 0;
    });
    await expectAdopted(b, ['a']);
  });
});
