import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { get, head } from '../support/http-text.js';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, received } from '../support/raw-client.js';
import { httpUpstream, join, holdingUpstream } from '../support/upstreams.js';

/** Whether a connection is refused. */
function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

describe('shutdown', () => {
  it('the balancer finishes what is in flight, accepts no connection, and exits with 0', async () => {
    const balancer = await startBalancer();
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    await holds(1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    await until('connections to be refused', () => isRefused(balancer.port));
    const answer = received(socket);
    held[0].end('finished');
    expect(await answer).toMatch(/finished$/);
    expect(await stopped).toBe(0);
    expect(balancer.process.stderr).toBe('');
    // For the next start.
    expect(existsSync(new URL('../../dist/compile-cache', import.meta.url))).toBe(true);
  });
});

describe('shutdown with idle connections', () => {
  it('the balancer does not wait for connections without a whole request', async () => {
    const balancer = await startBalancer({ SHUTDOWN_TIMEOUT_SECONDS: '60' });
    const silent = await openSocket(balancer.port);
    const half = await openSocket(balancer.port);
    half.write('GET / HT');
    const control = await openSocket(Number(new URL(balancer.control).port));
    const fields = ['Host: localhost', 'Content-Type: application/json', 'Content-Length: 9'];
    control.write(`${head('POST /api/v1/backends HTTP/1.1', fields)}{`);
    expect(await balancer.process.stop('SIGTERM')).toBe(0);
    for (const socket of [silent, half, control]) await until('it to be closed', () => socket.destroyed);
  });

  it('the last response of a connection says so and is sent whole', async () => {
    const balancer = await startBalancer();
    const total = 3_980_000;
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    await holds(1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    held[0].end(Buffer.alloc(total, 'x'));
    await once(socket, 'readable');
    const answer = await received(socket);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(total);
    expect(await stopped).toBe(0);
  });
});

describe('shutdown between pipelined requests', () => {
  it.each(['on', 'off'])('no request is served after the last response (FAST_LANE=%s)', async (lane) => {
    // A thread would learn of the shutdown a moment after it is logged.
    const balancer = await startBalancer({ FAST_LANE: lane, DATA_PLANE_THREADS: '0' });
    const seen: (string | undefined)[] = [];
    let release = () => {};
    const { port } = await httpUpstream((request, response) => {
      seen.push(request.url);
      release = () => response.end('answered');
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write(get('/1') + get('/2') + get('/3'));
    await until('the first to be there', () => seen.length === 1);
    const stopped = balancer.process.stop('SIGTERM');
    await balancer.process.logged('shutting down');
    release();
    const answers = await received(client);
    expect(answers).toMatch(/\r\nConnection: close\r\n/i);
    expect(answers.split('HTTP/1.1 ')).toHaveLength(2);
    expect(await stopped).toBe(0);
    expect(seen).toEqual(['/1']);
  });
});
