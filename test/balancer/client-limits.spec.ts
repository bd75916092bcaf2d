// Limits per client address, over all threads. Clients are told apart by their loopback addresses.
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { get, switchTo, upgradeTo } from '../support/http-text.js';
import { startBackend, startBalancer, until, type Balancer } from '../support/processes.js';
import { receivedUntil } from '../support/raw-client.js';
import { holdingUpstream, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

/** A balancer that trusts no proxy, with these limits of one client, and two threads. */
const limited = (perClient: Record<string, number>, env: Record<string, string> = {}) =>
  startBalancer({
    DATA_PLANE_THREADS: '2',
    TRAFFIC_LIMITS: JSON.stringify({ perClient }),
    ...env,
  });

/** A connection from `address`; it is open when this resolves. */
async function connectFrom(address: string, { port }: Balancer): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: address });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The head and the beginning of the body of the response to `text`. */
async function exchange(socket: Socket, text: string): Promise<string> {
  const response = receivedUntil(socket, '\r\n\r\n');
  socket.write(text);
  return response;
}

async function refusals({ control }: Balancer): Promise<Record<string, number>> {
  const text = await (await fetch(`${control}/metrics`)).text();
  const lines = [...text.matchAll(/^fairlead_client_limit_refusals_total\{limit="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, limit, count]) => [limit, Number(count)]));
}

async function requestsOfThreads({ control }: Balancer): Promise<number[]> {
  const text = await (await fetch(`${control}/metrics`)).text();
  return [...text.matchAll(/^fairlead_thread_requests_total\{thread="\d+"\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  );
}

describe('connections of one client', () => {
  it('one over the limit gets 429 and is closed; the place of one that closes is free again', async () => {
    const balancer = await limited({ connections: 4 });
    const open = await Promise.all(Array.from({ length: 4 }, () => connectFrom('127.0.1.1', balancer)));
    await Promise.all(open.map((socket) => exchange(socket, get())));
    const refused = await connectFrom('127.0.1.1', balancer);
    const response = await receivedUntil(refused, '}\n');
    expect(response).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(response).toContain('\r\nretry-after: 1\r\nratelimit-policy: "connections";q=4;qu="connections"\r\n');
    expect(response).toContain('"message":"one client may have 4 connections at a time"');
    await once(refused, 'close');
    expect(await exchange(await connectFrom('127.0.1.2', balancer), get())).toMatch(/^HTTP\/1\.1 503 /);
    expect(await refusals(balancer)).toMatchObject({ connections: 1 });
    open[0].destroy();
    await until('the place to be free', async () => {
      const socket = await connectFrom('127.0.1.1', balancer);
      return (await exchange(socket, get())).startsWith('HTTP/1.1 503 ');
    });
  });

  it('more than half of all are refused by default', async () => {
    const balancer = await startBalancer({ MAX_CLIENT_CONNECTIONS: '6' });
    for (const status of [503, 503, 503, 429]) {
      const socket = await connectFrom('127.0.1.1', balancer);
      expect(await exchange(socket, get())).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  it('those of a trusted proxy are not limited', async () => {
    const balancer = await limited({ connections: 1 }, { TRUSTED_PROXIES: '127.0.1.0/24' });
    for (let i = 0; i < 3; i++) {
      expect(await exchange(await connectFrom('127.0.1.1', balancer), get())).toMatch(/^HTTP\/1\.1 503 /);
    }
  });

  it('new ones are limited per second', async () => {
    const balancer = await limited({ connectionsPerSecond: 1, connectionBurst: 3 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(await exchange(await connectFrom('127.0.1.1', balancer), get()));
    expect(statuses.slice(0, 3).every((status) => status.startsWith('HTTP/1.1 503 '))).toBe(true);
    expect(statuses[3]).toMatch(/^HTTP\/1\.1 429 /);
    expect(statuses[3]).toContain('\r\nratelimit-policy: "new-connections";q=1;w=1;qu="connections"\r\n');
    expect(statuses[3]).toContain('\r\nratelimit: "new-connections";r=0;t=1\r\n');
  });
});

describe('requests of one client', () => {
  it.each(['on', 'off'])('more than the limit are refused while they are in flight (FAST_LANE=%s)', async (lane) => {
    const balancer = await limited({ requestsInFlight: 3 }, { FAST_LANE: lane });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const sockets = await Promise.all(Array.from({ length: 4 }, () => connectFrom('127.0.1.1', balancer)));
    const served = sockets.slice(0, 3).map((socket) => exchange(socket, get()));
    await holds(3);
    const over = await exchange(sockets[3], get());
    expect(over).toMatch(/^HTTP\/1\.1 429 /);
    expect(over).toMatch(/\r\nratelimit-policy: "requests-in-flight";q=3;qu="concurrent-requests"\r\n/i);
    expect(over).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(held).toHaveLength(3);
    // The connection stays, a body is read past, and other clients are served.
    expect(await exchange(sockets[3], `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`)).toMatch(/ 429 /);
    const other = exchange(await connectFrom('127.0.1.2', balancer), get());
    await holds(4);
    expect(await refusals(balancer)).toMatchObject({ requestsInFlight: 2 });
    for (const response of held) response.end();
    for (const response of await Promise.all([...served, other])) expect(response).toMatch(/^HTTP\/1\.1 200 /);
    const again = exchange(sockets[3], get());
    await holds(5);
    held[4].end();
    expect(await again).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('an upgraded connection counts until it closes', async () => {
    const balancer = await limited({ requestsInFlight: 1 });
    const { port } = await tcpUpstream((socket) => socket.once('data', () => socket.write(switchTo('echo'))));
    await join(balancer, 'a', port);
    const tunnel = await connectFrom('127.0.1.1', balancer);
    expect(await exchange(tunnel, upgradeTo('echo'))).toMatch(/^HTTP\/1\.1 101 /);
    expect(await exchange(await connectFrom('127.0.1.1', balancer), upgradeTo('echo'))).toMatch(/^HTTP\/1\.1 429 /);
    tunnel.destroy();
    await until('the place to be free', async () => {
      const socket = await connectFrom('127.0.1.1', balancer);
      return (await exchange(socket, upgradeTo('echo'))).startsWith('HTTP/1.1 101 ');
    });
  });

  it('half of what the backends and the queue take is the default', async () => {
    const balancer = await startBalancer({ MAX_QUEUED_REQUESTS: '2' });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 4 });
    const served = [];
    for (let i = 0; i < 3; i++) served.push(exchange(await connectFrom('127.0.1.1', balancer), get()));
    await holds(3);
    expect(await exchange(await connectFrom('127.0.1.1', balancer), get())).toMatch(/^HTTP\/1\.1 429 /);
    for (const response of held) response.end();
    await Promise.all(served);
  });

  it('the rate holds over all threads, exact within 5 %', async () => {
    const balancer = await limited({ requestsPerSecond: 20, requestBurst: 400 });
    const { port } = await httpUpstream((_, response) => response.end());
    await join(balancer, 'a', port);
    const statuses = new Map<number | undefined, number>();
    const startedAt = performance.now();
    // Many connections, so that both threads get some.
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    onTestFinished(() => agent.destroy());
    const send = async () => {
      const response = await responseFrom('127.0.1.1', balancer, agent);
      statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
    };
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let i = 0; i < 40; i++) await send();
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    expect(Math.min(...(await requestsOfThreads(balancer)))).toBeGreaterThan(100);
    const allowed = statuses.get(200) ?? 0;
    // No request came before the first one was sent, nor after the last response.
    expect(allowed).toBeGreaterThanOrEqual(400);
    expect(allowed).toBeLessThanOrEqual((400 + 20 * seconds) * 1.05);
    expect(statuses.get(429)).toBe(32 * 40 - allowed);
    expect(await refusals(balancer)).toMatchObject({ requestsPerSecond: 32 * 40 - allowed });
  });
});

it('a client at three times its rate takes nothing from fifty others', async () => {
  const limits = { requestsPerSecond: 100, connections: 64, requestsInFlight: 64 };
  // A backend that is slow because the machine is busy stays in traffic.
  const balancer = await limited(limits, { CONNECT_TIMEOUT_SECONDS: '10', PING_TIMEOUT_SECONDS: '10' });
  await startBackend(balancer);
  const LASTS_MS = 6000;
  const statuses = { greedy: new Map<number | undefined, number>(), others: new Map<number | undefined, number>() };
  /** Sends at a fixed rate, whatever becomes of the requests. */
  const load = async (group: keyof typeof statuses, address: string, perSecond: number) => {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const sent: Promise<void>[] = [];
    await new Promise<void>((resolve) => {
      const startedAt = performance.now();
      const timer = setInterval(() => {
        const elapsedMs = Math.min(LASTS_MS, performance.now() - startedAt);
        while (sent.length < (elapsedMs * perSecond) / 1000) {
          sent.push(
            responseFrom(address, balancer, agent).then(
              ({ statusCode }) => count(group, statusCode),
              () => count(group, undefined),
            ),
          );
        }
        if (elapsedMs < LASTS_MS) return;
        clearInterval(timer);
        resolve();
      }, 20);
    });
    await Promise.all(sent);
  };
  const count = (group: keyof typeof statuses, status: number | undefined) =>
    void statuses[group].set(status, (statuses[group].get(status) ?? 0) + 1);
  const others = Array.from({ length: 50 }, (_, i) => load('others', `127.0.2.${i + 1}`, 4));
  const startedAt = performance.now();
  await Promise.all([load('greedy', '127.0.1.1', 300), ...others]);
  const seconds = (performance.now() - startedAt) / 1000;
  expect(statuses.others).toEqual(new Map([[200, 50 * 4 * 6]]));
  // A second's worth at once, then the rate.
  const { greedy } = statuses;
  expect(greedy.get(200)).toBeGreaterThanOrEqual(100);
  expect(greedy.get(200)).toBeLessThanOrEqual((100 + 100 * seconds) * 1.05);
  expect(greedy.get(429)).toBeGreaterThan(0);
});

/** The response to a GET from `address`, read whole. */
async function responseFrom(address: string, { port }: Balancer, agent: Agent): Promise<IncomingMessage> {
  const request = httpRequest({ host: '127.0.0.1', port, localAddress: address, agent });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}
