import { once } from 'node:events';
import { createServer } from 'node:net';
import type { DemandList, RequestRecord } from '@fairlead/contracts';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lastGet, upgradeTo } from '../support/http-text.js';
import { INSPECTED, blockThread, endThread } from '../support/inspector.js';
import { eventsOf, metricsOf, settled } from '../support/metrics.js';
import { backendIn, launch, startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil } from '../support/raw-client.js';
import { aFolder } from '../support/supervisor.js';
import { httpUpstream, join, echoUpstream, holdingUpstream } from '../support/upstreams.js';

const TWO = { DATA_PLANE_THREADS: '2' };

/** The registry waits no longer for a thread: on a machine that is slower than that, an acknowledgement proves nothing. */
const ACKNOWLEDGES_WITHIN_MS = 1000;

/** How many requests each thread has taken. */
async function takenBy({ control }: Balancer): Promise<number[]> {
  const text = await (await fetch(`${control}/metrics`)).text();
  return [...text.matchAll(/^fairlead_thread_requests_total\{thread="\d+"\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  );
}

/** GETs, each on a connection of its own, so that the kernel deals them out among the threads. */
async function getEach(url: string, times: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: times }, async () => {
      const dispatcher = new Agent({ pipelining: 0 });
      try {
        const { body, statusCode } = await request(url, { dispatcher, reset: true });
        return `${statusCode} ${await body.text()}`;
      } finally {
        await dispatcher.destroy();
      }
    }),
  );
}

/** Connections with a request each that the backend holds. */
async function heldRequests(balancer: Balancer, count: number) {
  const { port, held, holds } = await holdingUpstream();
  await join(balancer, 'a', port);
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(balancer.port)));
  for (const socket of sockets) socket.write(lastGet());
  await holds(count);
  return { answers: sockets.map(received), finish: () => held.forEach((response) => response.end('finished')) };
}

describe('with two threads', () => {
  it('both threads serve, and each request is counted once', async () => {
    const balancer = await startBalancer(TWO);
    const { port } = await httpUpstream((_, response) => response.end('served'));
    await join(balancer, 'a', port);
    for (let round = 0; round < 10; round++) {
      expect(new Set(await getEach(balancer.url, 30))).toEqual(new Set(['200 served']));
    }
    await settled(balancer);
    const [first, second] = await takenBy(balancer);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    expect(first + second).toBe(300);
    const { fleet, backends } = await metricsOf(balancer);
    expect([fleet.requests, backends[0].requests, fleet.errors, fleet.unplaced]).toEqual([300, 300, 0, 0]);
    const log = (await (await fetch(`${balancer.control}/api/v1/requests`)).json()) as { requests: RequestRecord[] };
    const times = log.requests.map(({ at }) => at);
    expect(times).toHaveLength(200);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('what the threads learn is shown as one', async () => {
    const balancer = await startBalancer(TWO);
    const { port } = await httpUpstream((_, response) => {
      response.setHeader('endpoint-load-metrics', 'TEXT request_cost.compute=3,request_cost.storage=1').end('served');
    });
    await join(balancer, 'a', port);
    await getEach(`${balancer.url}/reports`, 40);
    await settled(balancer);
    const demands = async () => (await (await fetch(`${balancer.control}/api/v1/demands`)).json()) as DemandList;
    await until('all reports to be known', async () => (await demands()).classes[0]?.samples === 40);
    expect(await demands()).toMatchObject({
      reports: { accepted: 40, ignored: 0 },
      classes: [{ name: 'GET /reports', source: 'reported' }],
    });
  });

  it('no thread sends a request to a backend once its drain was acknowledged', async () => {
    const balancer = await startBalancer(TWO);
    for (const id of ['a', 'b']) {
      const { port } = await httpUpstream((_, response) => response.end(id));
      await join(balancer, id, port);
    }
    let isDrained = false;
    let servedByA = 0;
    const late: string[] = [];
    const over = new AbortController();
    const clients = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const beganLate = isDrained;
        const [answer] = await getEach(balancer.url, 1);
        if (answer === '200 a') servedByA++;
        if (beganLate && isDrained && answer !== '200 b') late.push(answer);
      }
    });
    for (let round = 0; round < 5; round++) {
      const before = servedByA;
      await until('a to serve', () => servedByA > before);
      const drained = await fetch(`${balancer.control}/api/v1/backends/a/drain`, { method: 'POST' });
      isDrained = true;
      expect(drained.status).toBe(200);
      await getEach(balancer.url, 20).then((answers) => expect(new Set(answers)).toEqual(new Set(['200 b'])));
      isDrained = false;
      await fetch(`${balancer.control}/api/v1/backends/a/resume`, { method: 'POST' });
    }
    over.abort();
    await Promise.all(clients);
    expect(late).toEqual([]);
  });

  it('a drain is acknowledged when the last thread knows of it, and not before', async () => {
    const balancer = await startBalancer({ ...TWO, ...INSPECTED });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    await until('an acknowledgement to come in time', async () => {
      const blocked = await blockThread(balancer.process, aFolder());
      const startedMs = performance.now();
      let isEarly = false;
      const drained = fetch(`${balancer.control}/api/v1/backends/a/drain`, { method: 'POST' });
      void drained.then(() => (isEarly = true));
      await until('the drain to begin', async () => (await eventsOf(balancer)).at(-1)?.to === 'draining');
      // The balancer has had time to acknowledge the drain when it has responded once more.
      await eventsOf(balancer);
      const isLate = performance.now() - startedMs >= ACKNOWLEDGES_WITHIN_MS;
      if (!isLate) expect(isEarly).toBe(false);
      await blocked.release();
      expect((await drained).status).toBe(200);
      await fetch(`${balancer.control}/api/v1/backends/a/resume`, { method: 'POST' });
      return !isLate;
    });
  });

  it('a backend that one thread finds dead gets nothing from the other', async () => {
    const balancer = await startBalancer({ ...TWO, PANIC_THRESHOLD: '0', PLACEMENT_POLICY: 'round-robin' });
    const dead = await httpUpstream((_, response) => response.end('a'));
    await join(balancer, 'a', dead.port);
    const { port } = await httpUpstream((_, response) => response.end('b'));
    await join(balancer, 'b', port);
    const closed = once(dead, 'close');
    dead.close();
    await closed;
    await until('a thread to find out', async () => {
      expect(await getEach(balancer.url, 1)).toEqual(['200 b']);
      return (await metricsOf(balancer)).backends[0].errors > 0;
    });
    await backendIn(balancer.control, 'a', 'down');
    const before = await takenBy(balancer);
    await until('both to have served since', async () => {
      expect(new Set(await getEach(balancer.url, 20))).toEqual(new Set(['200 b']));
      const now = await takenBy(balancer);
      return now.every((count, thread) => count > before[thread]);
    });
    expect((await metricsOf(balancer)).backends[0].errors).toBe(1);
  });

  it('both threads have upgraded connections', async () => {
    const balancer = await startBalancer(TWO);
    await join(balancer, 'a', (await echoUpstream()).port);
    const sockets = await Promise.all(Array.from({ length: 16 }, () => openSocket(balancer.port)));
    for (const socket of sockets) {
      socket.write(upgradeTo('echo'));
      await receivedUntil(socket, '\r\n\r\n');
      socket.write('ping-pong');
      expect(await receivedUntil(socket, 'ping-pong')).toBe('ping-pong');
    }
    expect((await takenBy(balancer)).every((count) => count > 0)).toBe(true);
    expect((await metricsOf(balancer)).fleet.inFlight).toBe(16);
    sockets.forEach((socket) => socket.destroy());
    await settled(balancer);
  });

  it('both threads finish what they have begun when the balancer shuts down', async () => {
    const balancer = await startBalancer({ ...TWO, SHUTDOWN_DELAY_SECONDS: '0.5' });
    const { answers, finish } = await heldRequests(balancer, 16);
    expect((await takenBy(balancer)).every((count) => count > 0)).toBe(true);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    const ready = await fetch(`${balancer.control}/health/ready`);
    expect(ready.status).toBe(503);
    finish();
    for (const answer of answers) expect(await answer).toMatch(/finished/);
    expect(await stopped).toBe(0);
    expect(balancer.process.stderr).toBe('');
  });

  it('a thread that dies loses what it had in flight alone, and is replaced', async () => {
    const balancer = await startBalancer({ ...TWO, ...INSPECTED });
    const { answers, finish } = await heldRequests(balancer, 16);
    const shares = await takenBy(balancer);
    await endThread(balancer.process, 7);
    await until('its requests to be given back', async () => (await metricsOf(balancer)).fleet.inFlight < 16);
    const { inFlight } = (await metricsOf(balancer)).fleet;
    expect(shares).toContain(inFlight);
    finish();
    const texts = await Promise.all(answers);
    expect(texts.filter((text) => text.includes('finished'))).toHaveLength(inFlight);
    await settled(balancer);
    await balancer.process.logged('was replaced');
    expect(await takenBy(balancer)).toEqual(shares);
    const { port } = await httpUpstream((_, response) => response.end('served'));
    await join(balancer, 'a', port);
    await until('both to serve again', async () => {
      expect(new Set(await getEach(balancer.url, 20))).toEqual(new Set(['200 served']));
      return (await takenBy(balancer)).every((count, thread) => count > shares[thread]);
    });
    await settled(balancer);
  });

  it('the start fails with one sentence when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const where = { DATA_PLANE_HOST: '127.0.0.1', DATA_PLANE_PORT: String(port), CONTROL_PLANE_PORT: '0' };
    const balancer = launch('balancer', { ...TWO, ...where });
    await once(balancer.child, 'close');
    expect(balancer.child.exitCode).toBe(1);
    expect(balancer.problems).toMatch(
      /^balancer could not start: listen EADDRINUSE: [^\n]* \(DATA_PLANE_HOST, DATA_PLANE_PORT\)\n$/,
    );
  });
});
