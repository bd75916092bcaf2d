import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendView } from '@fairlead/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, response, switchTo, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf, settled, eventsOf } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { emptyFleet, join, tcpUpstream, holdingUpstream } from '../support/upstreams.js';

const queued = async (balancer: Balancer) => (await metricsOf(balancer)).fleet.queued;

/** For tests that need no balancer of their own. */
const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('a full fleet', () => {
  it('requests wait in a queue, first come first served', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const answers: string[] = [];
    const ask = async (name: string) => answers.push(await (await fetch(`${balancer.url}/${name}`)).text());
    const first = ask('1');
    await holds(1);
    const second = ask('2');
    await until('the second to wait', async () => (await queued(balancer)) === 1);
    const third = ask('3');
    await until('the third to wait', async () => (await queued(balancer)) === 2);
    for (let n = 1; n <= 3; n++) {
      await holds(n);
      expect((await metricsOf(balancer)).fleet.inFlight).toBe(1);
      held[n - 1].end(String(n));
    }
    await Promise.all([first, second, third]);
    expect(answers).toEqual(['1', '2', '3']);
    await settled(balancer);
  });

  it.each(['on', 'off'])('an upload that has waited in the queue is forwarded whole (FAST_LANE=%s)', async (lane) => {
    const balancer = await startBalancer({
      FAST_LANE: lane,
      QUEUE_TIMEOUT_SECONDS: '15',
      STREAM_IDLE_TIMEOUT_SECONDS: '10',
    });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await holds(1);
    // More than is read of an upload that is not sent to a backend yet.
    const size = 300_000;
    const upload = fetch(balancer.url, { method: 'PUT', body: 'x'.repeat(size) });
    await until('the upload to wait', async () => (await queued(balancer)) === 1);
    held[0].end();
    await first;
    await holds(2);
    let bytes = 0;
    for await (const piece of held[1].req) bytes += (piece as Buffer).length;
    expect(bytes).toBe(size);
    held[1].end('taken');
    expect(await (await upload).text()).toBe('taken');
    await settled(balancer);
  });

  it('a request gets 503 with Retry-After when it has waited too long, and at once when the queue is full', async () => {
    const balancer = await startBalancer({
      QUEUE_TIMEOUT_SECONDS: '0.3',
      MAX_QUEUED_REQUESTS: '1',
      TRAFFIC_LIMITS: '{"perClient": {"requestsInFlight": 0}}',
    });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await holds(1);
    const statuses = await Promise.all([fetch(balancer.url), fetch(balancer.url)]);
    for (const response of statuses) {
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
    }
    expect((await metricsOf(balancer)).fleet).toMatchObject({ unplaced: 2, queued: 0 });
    held[0].end();
    expect((await first).status).toBe(200);
    await settled(balancer);
  });

  it('a client that leaves while it waits is removed from the queue', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await holds(1);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    await until('the second to wait', async () => (await queued(balancer)) === 1);
    socket.destroy();
    await until('the queue to be empty', async () => (await queued(balancer)) === 0);
    held[0].end();
    await first;
    expect(held).toHaveLength(1);
    await settled(balancer);
  });

  it('the limits of backends follow from the median of their capacities', async () => {
    const balancer = await startBalancer({ MAX_IN_FLIGHT_PER_BACKEND: '100' });
    const { port } = await holdingUpstream();
    await join(balancer, 'small', port, { resources: { compute: 5, storage: 10 } });
    await join(balancer, 'large', (await holdingUpstream()).port, { resources: { compute: 15, storage: 10 } });
    const { backends } = await metricsOf(balancer);
    expect(backends.map(({ id, maxInFlight }) => [id, maxInFlight])).toEqual([
      ['large', 300],
      ['small', 100],
    ]);
  });
});

describe('a drain', () => {
  const drain = (balancer: Balancer, query = '') =>
    fetch(`${balancer.control}/api/v1/backends/a/drain${query}`, { method: 'POST' });
  const show = async (balancer: Balancer) =>
    (await (await fetch(`${balancer.control}/api/v1/backends/a`)).json()) as BackendView;
  const eventKinds = async (balancer: Balancer) =>
    (await eventsOf(balancer)).map(({ kind, to }) => (kind === 'state' ? to : kind));

  it('a drain shows its progress, counts upgraded connections, and is an event when it is complete', async () => {
    const balancer = serving.current;
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.write(switchTo('echo'))));
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write(upgradeTo('echo'));
    await receivedUntil(client, '\r\n\r\n');
    expect(await (await drain(balancer)).json()).toMatchObject({
      state: 'draining',
      inFlight: 1,
      drain: { complete: false, drainedAt: null, cutInSeconds: expect.closeTo(300, 0) },
    });
    client.destroy();
    await until('the drain to be complete', async () => (await show(balancer)).drain?.complete === true);
    expect(await show(balancer)).toMatchObject({
      inFlight: 0,
      drain: { drainedAt: expect.any(String), cutInSeconds: null },
    });
    expect(await eventKinds(balancer)).toEqual(['joining', 'up', 'draining', 'drained']);
  });

  it('what is in flight at the end of a drain is cut', async () => {
    const balancer = serving.current;
    const { port, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const answer = fetch(balancer.url, { method: 'POST', body: 'x' });
    await holds(1);
    await drain(balancer, '?timeoutSeconds=0.2');
    expect((await answer).status).toBe(502);
    await until('the drain to be complete', async () => (await show(balancer)).drain?.complete === true);
    expect((await eventKinds(balancer)).slice(-3)).toEqual(['draining', 'drain-timeout', 'drained']);
    await settled(balancer);
  });

  it('a wrong time is refused with what is allowed', async () => {
    const balancer = serving.current;
    await join(balancer, 'a', (await holdingUpstream()).port);
    for (const text of ['-1', 'soon', '1e3', '86401', '']) {
      const response = await drain(balancer, `?timeoutSeconds=${text}`);
      expect(response.status, text).toBe(400);
      expect(await response.json()).toMatchObject({
        message: `timeoutSeconds must be a number of seconds from 0 to 86400, got "${text}"`,
      });
    }
    const leave = await fetch(`${balancer.control}/api/v1/backends/a?now=maybe`, { method: 'DELETE' });
    expect(leave.status).toBe(400);
    expect(await leave.json()).toMatchObject({ message: 'now must be true or false' });
    expect((await show(balancer)).state).toBe('up');
  });
});

describe('idle connections to backends', () => {
  it('one that has been idle for long carries no POST, since the backend may be about to close it', async () => {
    // Each thread has connections of its own.
    const balancer = await startBalancer({ DATA_PLANE_THREADS: '0' });
    let connections = 0;
    const { port } = await tcpUpstream((socket) => {
      connections++;
      socket.on('data', () => socket.write(response('')));
    });
    await join(balancer, 'a', port);
    /** Whether a request opens a connection to the backend. */
    const opensOne = async (method: string) => {
      const before = connections;
      expect((await fetch(balancer.url, { method })).status).toBe(200);
      return connections > before;
    };
    await until('a POST right after a GET to reuse its connection', async () => {
      await opensOne('GET');
      return !(await opensOne('POST'));
    });
    // How long is for the balancer to say. A GET, which may be repeated, reuses the connection all the same.
    let pauseMs = 100;
    await until('a POST after a pause to get a connection of its own', async () => {
      await sleep((pauseMs *= 2));
      return opensOne('POST');
    });
    await sleep(pauseMs);
    expect(await opensOne('GET')).toBe(false);
  });
});
