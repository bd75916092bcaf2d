// What a balancer does with what its threads are told of the cluster: requests wait while the registry has not confirmed the
// fleet, and live balancers divide rate limits. The built balancer runs in the process of the test, which writes the facts.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DataPlane } from '../../apps/balancer/src/data-plane/data-plane.js';
import type { RegistryService } from '../../apps/balancer/src/registry/registry.service.js';
import type { ClusterFacts } from '../../apps/balancer/src/registry/snapshot/cluster-facts.js';
import { chunked, lastGet, request, switchTo, upgradeTo } from '../support/http-text.js';
import { until } from '../support/processes.js';
import { openSocket, received } from '../support/raw-client.js';
import { httpUpstream } from '../support/upstreams.js';

const BUILD = new URL('../../dist/apps/balancer/src/', import.meta.url);
/** Of the clock that all threads share: long ago. */
const LONG_AGO = 0;
const SETTINGS = {
  DATA_PLANE_PORT: '0',
  REGISTRY_FILE: 'none',
  LOG_LEVEL: 'silent',
  RECHECK_MIN_SECONDS: '0.02',
  SLOW_START_SECONDS: '0',
};
const OPERATOR = {
  address: '127.0.0.1',
  secret: undefined,
  isOperator: true,
  isBoundTo: () => false,
  takesSecret: false,
};

/** A class of the build, with the type that it has in the sources. */
async function built<Class extends abstract new (...args: never[]) => unknown>(file: string): Promise<Class> {
  const module = (await import(/* @vite-ignore */ new URL(`${file}.js`, BUILD).href)) as Record<string, Class>;
  return Object.values(module)[0];
}

/** The data plane of a balancer with these variables, whose backends respond with their names. */
async function aBalancer(variables: Record<string, string>) {
  for (const [name, value] of Object.entries({ ...SETTINGS, ...variables })) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const app = await NestFactory.createApplicationContext(await built('balancer.module'), {
    logger: false,
  });
  const facts = app.get(await built<typeof ClusterFacts>('registry/snapshot/cluster-facts'));
  const registry = app.get(await built<typeof RegistryService>('registry/registry.service'));
  const plane = app.get(await built<typeof DataPlane>('data-plane/data-plane'));
  onTestFinished(async () => {
    await plane.close();
    await app.close();
  });
  await plane.listen({ plain: [], tls: [] });
  const port = plane.ports.plain ?? 0;
  const join = async (id: string) => {
    const server = await httpUpstream((_, response) => response.end(`served by ${id}`));
    server.on('upgrade', (_, socket) => socket.end(switchTo('echo', `Server: served by ${id}`)));
    const optional = { pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };
    const spec = { id, url: `http://127.0.0.1:${server.port}`, pool: 'default', capacity: Float64Array.of(9, 9) };
    registry.register({ ...spec, ...optional }, OPERATOR);
    await until(`${id} to be up`, () => registry.get(id).health.state === 'up');
    await registry.acknowledgement.whenAcknowledged();
  };
  const queued = async () => Object.values(await plane.queued()).reduce((sum, count) => sum + count, 0);
  return { facts, registry, port, url: `http://127.0.0.1:${port}`, join, queued };
}

describe.each(['0', '2'])('with DATA_PLANE_THREADS=%s', (DATA_PLANE_THREADS) => {
  it('requests in every lane wait for the registry, and go to no backend that has left since', async () => {
    const { facts, registry, port, join, queued } = await aBalancer({
      DATA_PLANE_THREADS,
      QUEUE_TIMEOUT_SECONDS: '60',
      PLACEMENT_POLICY: 'round-robin',
    });
    facts.validUntilSeconds = LONG_AGO;
    for (const id of ['a', 'b']) await join(id);
    const texts = [
      lastGet(),
      request('POST', '/', ['Connection: close', 'Transfer-Encoding: chunked'], chunked(['hello'])),
      upgradeTo('echo'),
    ].flatMap((text) => [text, text, text, text]);
    const responses = texts.map(async (text) => {
      const socket = await openSocket(port);
      const response = received(socket);
      socket.write(text);
      return response;
    });
    await until('all requests to wait', async () => (await queued()) === texts.length);
    // The confirmation does not wait for the threads: they may read it before they are told of the fleet.
    void registry.leaveNow('a');
    await Promise.resolve();
    facts.validUntilSeconds = Infinity;
    for (const response of await Promise.all(responses))
      expect(response).toMatch(/^HTTP\/1\.1 (200|101) [^]*served by b/);
  });

  it('a request gets 503 when the registry confirms nothing within QUEUE_TIMEOUT_SECONDS', async () => {
    const { facts, url, join } = await aBalancer({ DATA_PLANE_THREADS, QUEUE_TIMEOUT_SECONDS: '0.05' });
    facts.validUntilSeconds = LONG_AGO;
    await join('a');
    const response = await fetch(url);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    const message = 'the registry has not confirmed recently which backends are in the fleet';
    expect(await response.json()).toMatchObject({ message });
  });

  it('each of the live balancers grants a client its part of a rate, over all threads', async () => {
    const perClient = { requestsPerSecond: 10, requestBurst: 3000 };
    const { facts, port, join } = await aBalancer({
      DATA_PLANE_THREADS,
      TRAFFIC_LIMITS: JSON.stringify({ perClient }),
    });
    await join('a');
    // One in 100 s, of which three may come at once.
    facts.liveBalancers = 1000;
    const ask = async (from?: string) => {
      const socket = await openSocket(port, from);
      const response = received(socket);
      socket.write(lastGet());
      return response;
    };
    for (let i = 0; i < 3; i++) expect(await ask()).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await ask();
    expect(refused).toMatch(/^HTTP\/1\.1 429 [^]*\r\nratelimit-policy: "requests";q=1;w=100\r\n/);
    expect(refused).toContain('"message":"one client may have 10 requests per second, divided between 1000 balancers"');
    // Another client, when the others have gone.
    facts.liveBalancers = 1;
    for (let i = 0; i < 4; i++) expect(await ask('127.0.0.2')).toMatch(/^HTTP\/1\.1 200 /);
  });
});
