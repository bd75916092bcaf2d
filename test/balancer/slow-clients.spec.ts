// Clients that hold a place on a backend for longer than they need it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { get, request } from '../support/http-text.js';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until, type Balancer } from '../support/processes.js';
import { openSocket, received, receivedUntil } from '../support/raw-client.js';
import { holdingUpstream, httpUpstream, join } from '../support/upstreams.js';

/** A backend that responds once it has received the whole request. */
const patientUpstream = () =>
  httpUpstream((request, response) => void request.resume().once('end', () => response.end('served')));

/** An upload that announces this much and sends one byte of it. */
const upload = (bytes: number) => request('POST', '/upload', [`Content-Length: ${bytes}`], 'x');

describe.each(['on', 'off'])('with the fast lane %s', (lane) => {
  const start = (env: Record<string, string>): Promise<Balancer> => startBalancer({ FAST_LANE: lane, ...env });

  it('an upload below MIN_BODY_RATE gets 408, and frees its place', async () => {
    const balancer = await start({ MIN_BODY_RATE: '1000' });
    await join(balancer, 'a', (await patientUpstream()).port);
    const socket = await openSocket(balancer.port);
    socket.write(upload(10_000));
    const trickle = setInterval(() => socket.write('x'), 200);
    const text = await received(socket);
    clearInterval(trickle);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('the request body arrives too slowly');
    await settled(balancer);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up' });
  });

  it('a response that takes longer than MAX_REQUEST_SECONDS is cut', async () => {
    const balancer = await start({ MAX_REQUEST_SECONDS: '1' });
    const { port } = await httpUpstream((_, response) => {
      const drip = setInterval(() => response.write('drop'), 50);
      response.on('close', () => clearInterval(drip));
    });
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    const text = await received(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    await settled(balancer);
  });

  it('a request that has no response after MAX_REQUEST_SECONDS gets 504', async () => {
    const balancer = await start({ MAX_REQUEST_SECONDS: '1' });
    await join(balancer, 'a', (await holdingUpstream()).port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    expect(await receivedUntil(socket, 'longer than')).toMatch(/^HTTP\/1\.1 504 /);
    await settled(balancer);
  });

  it('slow uploads leave half of a full backend to others', async () => {
    const balancer = await start({ MAX_IN_FLIGHT_PER_BACKEND: '2', QUEUE_TIMEOUT_SECONDS: '60' });
    await join(balancer, 'a', (await patientUpstream()).port);
    const uploads = await Promise.all([openSocket(balancer.port), openSocket(balancer.port)]);
    const rejections = uploads.map((socket) => received(socket));
    for (const socket of uploads) socket.write(upload(1000));
    await until('both to have a place', async () => (await metricsOf(balancer)).fleet.inFlight === 2);
    const other = await openSocket(balancer.port);
    other.write(get());
    expect(await receivedUntil(other, 'served')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await Promise.race(rejections)).toContain('other requests need the place');
    expect(uploads.filter((socket) => !socket.destroyed)).toHaveLength(1);
  });

  it('a connection is closed after MAX_REQUESTS_PER_CONNECTION', async () => {
    const balancer = await start({ MAX_REQUESTS_PER_CONNECTION: '2' });
    await join(balancer, 'a', (await patientUpstream()).port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    expect(await receivedUntil(socket, 'served')).toMatch(/\r\nConnection: keep-alive\r\n/i);
    socket.write(get());
    expect(await received(socket)).toMatch(/\r\nConnection: close\r\n/i);
  });

  it.runIf(process.platform === 'linux')('pipelined requests take little more memory than their bytes', async () => {
    const balancer = await start({});
    const { port, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const row = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(2000);
    const memory = () => /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${balancer.process.pid}/status`, 'utf8'))?.[1];
    const before = Number(memory());
    const sockets = await Promise.all(Array.from({ length: 100 }, () => openSocket(balancer.port)));
    // A method that only Node's parser knows leads to the full lane.
    for (const socket of sockets) socket.write(`PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n${row}`);
    await holds(100);
    // 5.6 MB were sent. When each request was parsed on arrival they took 400 MB.
    expect(Number(memory()) - before, 'kB').toBeLessThan(100_000);
  });
});
