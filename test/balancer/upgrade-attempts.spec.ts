// An upgrade is attempted as every other request is: it waits for room, and the backend is blamed for its own faults only.
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { AppProcess, commandOf, listening, startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

it('waits for room when all backends are full', async () => {
  const balancer = await startBalancer({ MAX_IN_FLIGHT_PER_BACKEND: '1', QUEUE_TIMEOUT_SECONDS: '30' });
  const { port } = await tcpUpstream((socket) => socket.on('data', () => socket.write(SWITCH)));
  await join(balancer, 'a', port);
  const first = await openSocket(balancer.port);
  first.write(UPGRADE);
  await receivedUntil(first, '\r\n\r\n');
  const second = await openSocket(balancer.port);
  const switched = receivedUntil(second, '\r\n\r\n');
  second.write(UPGRADE);
  await until('the second upgrade to wait', async () => (await metricsOf(balancer)).fleet.queued === 1);
  first.destroy();
  expect(await switched).toMatch(/^HTTP\/1\.1 101 /);
  expect((await metricsOf(balancer)).fleet).toMatchObject({ requests: 2, unplaced: 0 });
  second.destroy();
  await settled(balancer);
});

it('gets 503 once it has waited as long as it may', async () => {
  const balancer = await startBalancer({ MAX_IN_FLIGHT_PER_BACKEND: '1', QUEUE_TIMEOUT_SECONDS: '0.1' });
  const { port } = await tcpUpstream((socket) => socket.on('data', () => socket.write(SWITCH)));
  await join(balancer, 'a', port);
  const first = await openSocket(balancer.port);
  first.write(UPGRADE);
  await receivedUntil(first, '\r\n\r\n');
  const response = await sendRaw(balancer.port, UPGRADE);
  expect(response).toMatch(/^HTTP\/1\.1 503 /);
  expect(response).toContain('all backends are full');
  expect((await metricsOf(balancer)).fleet).toMatchObject({ unplaced: 1, queued: 0 });
});

it('counts a connection that fails as an error, and not as a fleet without a backend', async () => {
  const balancer = await startBalancer({ MAX_ATTEMPTS: '1' });
  const backend = await httpUpstream((_, response) => response.end());
  await join(balancer, 'a', backend.port);
  backend.closeAllConnections();
  backend.close();
  const response = await sendRaw(balancer.port, UPGRADE);
  expect(response).toMatch(/^HTTP\/1\.1 503 /);
  expect(response).toContain('no backend could serve this request: connection refused');
  const { fleet } = await metricsOf(balancer);
  expect(fleet).toMatchObject({ requests: 1, unplaced: 0, errors: 1 });
});

it('does not blame a backend when the balancer has no descriptor left', async () => {
  const balancer = await startWithFewDescriptors();
  // An idle connection to the backend would free a descriptor when it ends.
  const { port } = await httpUpstream((_, response) => response.setHeader('Connection', 'close').end('served'));
  await ask(balancer, 'POST', '/api/v1/backends', { id: 'a', port, resources: { compute: 1, storage: 1 } });
  const isUp = async () => (await ask(balancer, 'GET', '/api/v1/backends/a')).includes('"state":"up"');
  await until('the backend to be up', isUp);
  const client = await openSocket(balancer.port);
  // The balancer has accepted the connection once it has served a request on it.
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await receivedUntil(client, 'served');
  const fillers = await fillDescriptors(balancer);
  client.write(UPGRADE);
  const response = await received(client);
  expect(response).toMatch(/^HTTP\/1\.1 503 /);
  expect(response).toContain('the balancer has no file descriptor left');
  for (const filler of fillers) filler.destroy();
  await until('the control plane to respond again', () => metricsOf(balancer).then(Boolean, () => false));
  const { backends, events } = await metricsOf(balancer);
  expect(backends[0]).toMatchObject({ state: 'up', errors: 0 });
  expect(events.filter(({ to }) => to === 'suspect')).toEqual([]);
});

/** What the balancer may open, some 25 of which it needs for itself. */
const MAX_DESCRIPTORS = 64;

async function startWithFewDescriptors(): Promise<Balancer> {
  const command = ['bash', '--norc', '-c', `ulimit -n ${MAX_DESCRIPTORS}; exec "$@"`, 'bash', ...commandOf('balancer')];
  const env = {
    LOG_FORMAT: 'json',
    REGISTRY_FILE: 'none',
    DATA_PLANE_PORT: '0',
    CONTROL_PLANE_PORT: '0',
    DATA_PLANE_THREADS: '0',
    MAX_CLIENT_CONNECTIONS: '1000',
    METRICS_MAX_AGE_SECONDS: '0',
    // Nothing but the upgrade itself may open a connection meanwhile.
    PING_ACK_INTERVAL_SECONDS: '3600',
  };
  const running = new AppProcess('balancer', command, { env });
  onTestFinished(() => running.end());
  return listening(running);
}

/** One request of the control plane, without a kept-alive connection whose end would free a descriptor. */
async function ask({ control }: Balancer, method: string, path: string, body?: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const request = httpRequest(control + path, { method, headers, agent: false });
  request.end(body && JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return text(response);
}

/**
 * Opens connections of clients until the balancer has no descriptor left, and none becomes free any more: connections that it
 * had before may still be closing, and it closes those of clients that it has no descriptor for.
 */
async function fillDescriptors({ port, process }: Balancer): Promise<Socket[]> {
  const sockets: Socket[] = [];
  // A descriptor that was inherited may be above the limit.
  const inUse = () =>
    readdirSync(`/proc/${process.pid}/fd`).filter((descriptor) => Number(descriptor) < MAX_DESCRIPTORS);
  const isFull = () => inUse().length === MAX_DESCRIPTORS;
  let looks = 0;
  await until('every descriptor to be in use', async () => {
    looks = isFull() ? looks + 1 : 0;
    if (looks >= 20) return true;
    if (looks > 0) return false;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return false;
  });
  return sockets;
}
