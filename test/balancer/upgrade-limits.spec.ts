// What a client that asks for an upgrade can hold, and for how long.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { settled, metricsOf } from '../support/metrics.js';
import { head, switchTo, upgradeTo } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil } from '../support/raw-client.js';
import { emptyFleet, echoUpstream, join, tcpUpstream } from '../support/upstreams.js';

const UPGRADE = upgradeTo('echo');
/** A refusal whose body never ends. */
const ENDLESS_REFUSAL = `${head('HTTP/1.1 403 Forbidden', ['Content-Length: 1000000'])}no`;

/** For tests that need no balancer of their own. */
const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

/** A balancer in front of a backend that responds to an upgrade with `text`. */
async function balancerBefore(text: string, env?: Record<string, string>) {
  const balancer = env ? await startBalancer(env) : serving.current;
  const connections: Socket[] = [];
  const { port } = await tcpUpstream((socket) => {
    connections.push(socket);
    socket.once('data', () => socket.write(text));
  });
  await join(balancer, 'a', port);
  return balancer;
}

const inFlight = (balancer: Balancer, count: number) =>
  until(`${count} in flight`, async () => (await metricsOf(balancer)).fleet.inFlight === count);

describe('a client that asks for an upgrade and leaves', () => {
  it.each([
    ['the backend does not respond', ''],
    ['the backend refuses with a body that does not end', ENDLESS_REFUSAL],
  ])('gives its place back when %s', async (_, text) => {
    const balancer = await balancerBefore(text);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(balancer.port)));
    for (const socket of sockets) socket.write(UPGRADE);
    await inFlight(balancer, 20);
    // Half of them only end their side.
    sockets.forEach((socket, i) => (i % 2 === 0 ? socket.end() : socket.destroy()));
    await settled(balancer);
  });
});

it('a refusal that stalls is cut after STREAM_IDLE_TIMEOUT_SECONDS', async () => {
  const balancer = await balancerBefore(ENDLESS_REFUSAL, { STREAM_IDLE_TIMEOUT_SECONDS: '0.3' });
  const socket = await openSocket(balancer.port);
  socket.write(UPGRADE);
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nno$/);
  await settled(balancer);
});

it('a switch to another protocol than the client asked for is an invalid response', async () => {
  const balancer = await balancerBefore(switchTo('other'));
  const socket = await openSocket(balancer.port);
  socket.write(UPGRADE);
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 502 /);
  await settled(balancer);
});

it('a refusal with a large body arrives whole', async () => {
  const body = 'x'.repeat(2_000_000);
  const balancer = await balancerBefore(`${head('HTTP/1.1 403 Forbidden', [`Content-Length: ${body.length}`])}${body}`);
  const socket = await openSocket(balancer.port);
  socket.write(UPGRADE);
  expect((await received(socket)).endsWith(`\r\n\r\n${body}`)).toBe(true);
  await settled(balancer);
});

it('an upgrade that the backend does not respond to gets 504', async () => {
  const balancer = await balancerBefore('', { ATTEMPT_TIMEOUT_SECONDS: '1', REQUEST_TIMEOUT_SECONDS: '1' });
  const socket = await openSocket(balancer.port);
  socket.write(UPGRADE);
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 504 /);
  await settled(balancer);
});

it('what a client sends before the switch reaches the backend after it', async () => {
  const balancer = serving.current;
  const requests: string[] = [];
  const { port } = await tcpUpstream((socket) => {
    socket.on('data', (bytes) => {
      requests.push(bytes.toString('latin1'));
      if (requests.length === 1) setImmediate(() => socket.write(switchTo('echo')));
    });
  });
  await join(balancer, 'a', port);
  const socket = await openSocket(balancer.port);
  socket.write(`${UPGRADE}early`);
  await receivedUntil(socket, '\r\n\r\n');
  await until('the early bytes to arrive', () => requests.slice(1).join('') === 'early');
});

describe('an upgraded connection', () => {
  async function upgraded(env: Record<string, string>): Promise<{ balancer: Balancer; socket: Socket }> {
    const balancer = await startBalancer(env);
    await join(balancer, 'a', (await echoUpstream()).port);
    const socket = await openSocket(balancer.port);
    socket.write(UPGRADE);
    await receivedUntil(socket, '\r\n\r\n');
    return { balancer, socket };
  }

  it('is closed once nothing has moved for TUNNEL_IDLE_SECONDS', async () => {
    const { balancer, socket } = await upgraded({ TUNNEL_IDLE_SECONDS: '1' });
    const closed = received(socket);
    socket.write('a');
    expect(await closed).toBe('a');
    await settled(balancer);
  });

  it('is closed after TUNNEL_MAX_SECONDS although bytes move', async () => {
    const { balancer, socket } = await upgraded({ TUNNEL_MAX_SECONDS: '1' });
    socket.on('data', (bytes) => socket.write(bytes));
    // It may be reset, since bytes are on their way at all times.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('ping');
    await closed;
    await settled(balancer);
  });

  it.runIf(process.platform === 'linux')('is probed by TCP keep-alive on both sides', async () => {
    const balancer = serving.current;
    const backend = await echoUpstream();
    await join(balancer, 'a', backend.port);
    const socket = await openSocket(balancer.port);
    socket.write(UPGRADE);
    await receivedUntil(socket, '\r\n\r\n');
    const timers = readFileSync(`/proc/${balancer.process.pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([, local = '', remote = '', state, , timer = '']) => ({ local, remote, state, timer: timer.slice(0, 2) }));
    const toClient = timers.filter(({ local, remote }) => {
      return portOf(local) === balancer.port && portOf(remote) === socket.localPort;
    });
    const toBackend = timers.filter(({ remote, state }) => portOf(remote) === backend.port && state === ESTABLISHED);
    // 02: the keep-alive timer is running.
    expect(toClient.map(({ timer }) => timer)).toEqual(['02']);
    expect(toBackend.map(({ timer }) => timer)).toEqual(['02']);
  });
});

/** A state of a socket, as the kernel writes it. */
const ESTABLISHED = '01';

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
