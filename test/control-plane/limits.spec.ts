// What the control plane may take from the data plane: connections, descriptors, and the time to build metrics.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FleetMetrics } from '@fairlead/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppProcess, commandOf, listening, startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, receivedUntil } from '../support/raw-client.js';
import { head } from '../support/http-text.js';
import { httpUpstream, join } from '../support/upstreams.js';
import { send } from './requests.js';

/** Opens connections and sends nothing; those that are open still are returned once the others have been closed. */
async function idleConnections(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }));
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  return sockets;
}

const controlPort = ({ control }: Balancer) => Number(new URL(control).port);
const openOf = (sockets: readonly Socket[]) => sockets.filter(({ closed }) => !closed).length;

/** A balancer that may open this many files. */
async function startWithDescriptors(descriptors: number, env: Record<string, string> = {}): Promise<Balancer> {
  const command = ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...commandOf('balancer')];
  const ports = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', DATA_PLANE_THREADS: '0', SWAGGER: 'false' };
  const running = new AppProcess('balancer', command, {
    env: { LOG_FORMAT: 'json', REGISTRY_FILE: 'none', ...ports, ...env },
  });
  onTestFinished(() => running.end());
  return listening(running);
}

describe('connections to the control plane', () => {
  it('are limited, so that 500 idle ones leave clients their descriptors at a limit of 512', async () => {
    const balancer = await startWithDescriptors(512);
    const { port } = await httpUpstream((_, response) => response.end('hello'));
    await join(balancer, 'a', port);
    const sockets = await idleConnections(controlPort(balancer), 500);
    await until('most to be closed', () => openOf(sockets) <= 64);
    for (let i = 0; i < 20; i++) {
      const response = await fetch(balancer.url, { headers: { connection: 'close' } });
      expect(await response.text()).toBe('hello');
    }
    expect(openOf(sockets)).toBeGreaterThan(32);
  });

  it('are at most CONTROL_PLANE_MAX_CONNECTIONS', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_MAX_CONNECTIONS: '3' });
    const sockets = await idleConnections(controlPort(balancer), 10);
    await until('all but three to be closed', () => openOf(sockets) === 3);
  });

  it('make room for others while they are idle after a request', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_MAX_CONNECTIONS: '2' });
    for (let client = 0; client < 6; client++) {
      const socket = await openSocket(controlPort(balancer));
      socket.write(head('GET /health/live HTTP/1.1', ['Host: localhost']));
      expect(await receivedUntil(socket, '"status":"ok"')).toContain('Keep-Alive: timeout=');
    }
  });

  it('one that sends nothing, half a head or half a body ends by itself', async () => {
    const port = controlPort(await startBalancer());
    const halfBody = head('POST /api/v1/backends HTTP/1.1', [
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 9',
    ]);
    const ends = ['', 'GET /health/live HTTP/1.1\r\n', halfBody].map(async (bytes) => {
      const socket = await openSocket(port);
      const closed = once(socket, 'close');
      socket.resume().write(bytes);
      await closed;
    });
    await Promise.all(ends);
  });
});

describe('the metrics', () => {
  const metrics = async ({ control }: Balancer) =>
    JSON.parse((await send(control, { path: '/api/v1/metrics' })).body) as FleetMetrics;
  const uptimeIn = (text: string) => /^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1];

  it('are built once for all readers of a second', async () => {
    const balancer = await startBalancer({ METRICS_MAX_AGE_SECONDS: '' });
    const readings = await Promise.all(Array.from({ length: 20 }, () => metrics(balancer)));
    const texts = await Promise.all(Array.from({ length: 20 }, () => send(balancer.control, { path: '/metrics' })));
    // Two, when a second ended while they were read.
    expect(new Set(readings.map(({ uptimeSeconds }) => uptimeSeconds)).size).toBeLessThanOrEqual(2);
    expect(new Set(texts.map(({ body }) => uptimeIn(body))).size).toBeLessThanOrEqual(2);
    expect(texts[0].headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const [{ uptimeSeconds }] = readings;
    await until('another reading', async () => (await metrics(balancer)).uptimeSeconds > uptimeSeconds);
    expect((await metrics(balancer)).uptimeSeconds - uptimeSeconds).toBeGreaterThanOrEqual(0.999);
  });

  it('are read for each request with METRICS_MAX_AGE_SECONDS=0', async () => {
    const balancer = await startBalancer({ METRICS_MAX_AGE_SECONDS: '0' });
    const first = await metrics(balancer);
    expect((await metrics(balancer)).uptimeSeconds).toBeGreaterThan(first.uptimeSeconds);
  });

  it('a client that does not read them loses its place', async () => {
    const balancer = await startBalancer({ CONTROL_PLANE_MAX_CONNECTIONS: '1', METRICS_MAX_AGE_SECONDS: '60' });
    const socket = await openSocket(controlPort(balancer));
    // More than the buffers of both sockets hold.
    socket.pause().write(head('GET /metrics HTTP/1.1', ['Host: localhost']).repeat(1500));
    const isServed = () =>
      metrics(balancer).then(
        () => true,
        () => false,
      );
    expect(await isServed()).toBe(false);
    await until('the place to be free', isServed);
  });
});
