import type { ServerResponse } from 'node:http';
import type { BackendView, FleetEvent } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

/** A backend whose answers wait until they are released. */
async function holding() {
  const held: ServerResponse[] = [];
  const { port } = await httpUpstream((_, response) => held.push(response));
  return { port, held };
}

const queued = async (balancer: Balancer) => (await metricsOf(balancer)).fleet.queued;

describe('a full fleet', () => {
  it('lets requests wait in line for room, first come first served', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held } = await holding();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const answers: string[] = [];
    const ask = async (name: string) => answers.push(await (await fetch(`${balancer.url}/${name}`)).text());
    const first = ask('1');
    await until('the first to be there', () => held.length === 1);
    const second = ask('2');
    await until('the second to wait', async () => (await queued(balancer)) === 1);
    const third = ask('3');
    await until('the third to wait', async () => (await queued(balancer)) === 2);
    for (let n = 1; n <= 3; n++) {
      await until(`request ${n} to be there`, () => held.length === n);
      expect((await metricsOf(balancer)).fleet.inFlight).toBe(1);
      held[n - 1].end(String(n));
    }
    await Promise.all([first, second, third]);
    expect(answers).toEqual(['1', '2', '3']);
    await settled(balancer);
  });

  it.each(['on', 'off'])('takes an upload whole that waited in line for room (FAST_LANE=%s)', async (lane) => {
    const balancer = await startBalancer({
      FAST_LANE: lane,
      QUEUE_TIMEOUT_SECONDS: '15',
      STREAM_IDLE_TIMEOUT_SECONDS: '2',
    });
    const { port, held } = await holding();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await until('the first to be there', () => held.length === 1);
    // More than is read of an upload that nobody takes yet.
    const size = 300_000;
    const upload = fetch(balancer.url, { method: 'PUT', body: 'x'.repeat(size) });
    await until('the upload to wait', async () => (await queued(balancer)) === 1);
    held[0].end();
    await first;
    await until('the upload to be there', () => held.length === 2);
    let bytes = 0;
    for await (const piece of held[1].req) bytes += (piece as Buffer).length;
    expect(bytes).toBe(size);
    held[1].end('taken');
    expect(await (await upload).text()).toBe('taken');
    await settled(balancer);
  });

  it('answers 503 with Retry-After to whoever waited too long, and at once when the line is full', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '0.3', MAX_QUEUED_REQUESTS: '1' });
    const { port, held } = await holding();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await until('the first to be there', () => held.length === 1);
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

  it('forgets a client that went away while it waited', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held } = await holding();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await until('the first to be there', () => held.length === 1);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('the second to wait', async () => (await queued(balancer)) === 1);
    socket.destroy();
    await until('nobody to wait', async () => (await queued(balancer)) === 0);
    held[0].end();
    await first;
    expect(held).toHaveLength(1);
    await settled(balancer);
  });

  it('has limits that follow from capacity', async () => {
    const balancer = await startBalancer({ MAX_IN_FLIGHT_PER_BACKEND: '100' });
    const { port } = await holding();
    await join(balancer, 'small', port, { resources: { compute: 5, storage: 10 } });
    await join(balancer, 'large', (await holding()).port, { resources: { compute: 15, storage: 10 } });
    const { backends } = await metricsOf(balancer);
    expect(backends.map(({ id, maxInFlight }) => [id, maxInFlight])).toEqual([
      ['large', 150],
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
    ((await (await fetch(`${balancer.control}/api/v1/events`)).json()) as { events: FleetEvent[] }).events.map(
      ({ kind, to }) => (kind === 'state' ? to : kind),
    );

  it('shows its progress, counts upgraded connections, and is an event when it is complete', async () => {
    const balancer = await startBalancer();
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n'),
      ),
    );
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
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

  it('cuts what is still in flight when its time is over', async () => {
    const balancer = await startBalancer();
    const { port, held } = await holding();
    await join(balancer, 'a', port);
    const answer = fetch(balancer.url, { method: 'POST', body: 'x' });
    await until('the request to be there', () => held.length === 1);
    await drain(balancer, '?timeoutSeconds=0.2');
    expect((await answer).status).toBe(502);
    await until('the drain to be complete', async () => (await show(balancer)).drain?.complete === true);
    expect((await eventKinds(balancer)).slice(-3)).toEqual(['draining', 'drain-timeout', 'drained']);
    await settled(balancer);
  });

  it('says what is wrong with its time', async () => {
    const balancer = await startBalancer();
    await join(balancer, 'a', (await holding()).port);
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
  it('carry no POST when the backend may be about to close them', async () => {
    // Each thread has connections of its own.
    const balancer = await startBalancer({ DATA_PLANE_THREADS: '0' });
    let connections = 0;
    const { port } = await tcpUpstream((socket) => {
      connections++;
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    await join(balancer, 'a', port);
    const pings = connections;
    const ask = async (method: string) => expect((await fetch(balancer.url, { method })).status).toBe(200);
    await ask('GET');
    await ask('POST');
    expect(connections - pings).toBe(1);
    // Longer than an idle connection is trusted that nothing is known of.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await ask('POST');
    expect(connections - pings).toBe(2);
    await ask('GET');
    expect(connections - pings).toBe(2);
  });
});
