// Mistakes that the fast lane must not make. test/differential compares it with the full lane.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, lastGet, request } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, received, receivedUntil, stillAt } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, tcpUpstream, holdingUpstream } from '../support/upstreams.js';

/** For tests that need no balancer of their own. */
const serving = shared((atEnd) => startBalancer({}, atEnd));
beforeEach(() => emptyFleet(serving.current));

describe('the fast lane', () => {
  it('an upload waits for room like any other request', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const { port, held, holds } = await holdingUpstream();
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await holds(1);
    const client = await openSocket(balancer.port);
    client.write(request('POST', '/', ['Content-Length: 6'], 'abc'));
    await until('the upload to wait', async () => (await metricsOf(balancer)).fleet.queued === 1);
    client.write('def');
    held[0].end();
    await first;
    await holds(2);
    expect(await text(held[1].req)).toBe('abcdef');
    held[1].end('taken');
    expect(await receivedUntil(client, 'taken')).toMatch(/^HTTP\/1\.1 200 /);
    await settled(balancer);
  });

  it('a request after the last one of its connection is not served', async () => {
    const balancer = serving.current;
    const seen: string[] = [];
    const { port } = await httpUpstream((request, response) => {
      seen.push(request.url ?? '');
      response.end('answered');
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write(lastGet('/last'));
    await receivedUntil(client, 'answered');
    client.write(request('POST', '/too-late', ['Content-Length: 3'], 'abc'));
    client.end();
    await once(client, 'close');
    expect((await fetch(`${balancer.url}/after`)).status).toBe(200);
    expect(seen).toEqual(['/last', '/after']);
  });

  it('an upload is sent from its beginning when the first backend breaks off', async () => {
    const balancer = await startBalancer({ PLACEMENT_POLICY: 'round-robin' });
    const resets: number[] = [];
    const bad = await tcpUpstream((socket) => {
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes < 20_000) return;
        resets.push(bytes);
        socket.resetAndDestroy();
      });
    });
    const lengths: number[] = [];
    const good = await httpUpstream((request, response) => {
      let bytes = 0;
      request.on('data', (chunk) => (bytes += chunk.length));
      request.on('end', () => {
        lengths.push(bytes);
        response.end();
      });
    });
    await join(balancer, 'bad', bad.port);
    await join(balancer, 'good', good.port);
    const size = 50_000;
    for (let i = 0; resets.length === 0; i++) {
      expect(i).toBeLessThan(10);
      expect((await fetch(balancer.url, { method: 'PUT', body: 'x'.repeat(size) })).status).toBe(200);
    }
    expect(new Set(lengths)).toEqual(new Set([size]));
    await settled(balancer);
  });

  it('connections to a backend are reused, also when all of them were busy at once', async () => {
    // Each thread has a pool of its own.
    const balancer = await startBalancer({ DATA_PLANE_THREADS: '0' });
    let open = 0;
    let closed = 0;
    const held: ServerResponse[] = [];
    const upstream = await httpUpstream((request, response) => {
      if (request.url === '/brief') response.setHeader('keep-alive', 'timeout=1').end();
      else held.push(response);
    });
    upstream.keepAliveTimeout = 0;
    upstream.on('connection', (socket) => {
      open++;
      socket.on('close', () => {
        open--;
        closed++;
      });
    });
    await join(balancer, 'a', upstream.port);
    const most = 10;
    for (let round = 0; round < 4; round++) {
      const responses = Array.from({ length: most }, () => fetch(balancer.url));
      await until('all to be there', () => held.length === most);
      // The lane looks after its connections while these are busy: it closes one that the backend announced to close.
      const before = closed;
      await fetch(`${balancer.url}/brief`);
      await until('the lane to look after its connections', () => closed > before);
      for (const response of held.splice(0)) response.end();
      await Promise.all(responses);
    }
    expect(open).toBeLessThanOrEqual(most);
  });

  it('a client that sends requests and reads nothing is not served on', async () => {
    const balancer = serving.current;
    let served = 0;
    const { port } = await httpUpstream((_, response) => {
      served++;
      response.end('x'.repeat(60_000));
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.pause();
    const asked = 2000;
    client.write(get().repeat(asked));
    await until('the first to be served', () => served > 0);
    expect(await stillAt(balancer.port, () => served)).toBeLessThan(asked / 2);
    client.resume();
    let bytes = 0;
    client.on('data', (chunk) => (bytes += chunk.length));
    await until('all requests to be served', () => served === asked && bytes > asked * 60_000);
    await settled(balancer);
  });

  it('what a slow client has not read is kept while others are served', async () => {
    const balancer = serving.current;
    const body = Buffer.alloc(8 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz');
    const { port } = await httpUpstream((request, response) => response.end(request.url === '/slow' ? body : 'z'));
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.pause();
    client.write(lastGet('/slow'));
    for (let i = 0; i < 50; i++) expect(await (await fetch(balancer.url)).text()).toBe('z');
    const whole = received(client);
    client.resume();
    const bytes = await whole;
    expect(bytes.slice(bytes.indexOf('\r\n\r\n') + 4) === body.toString('latin1')).toBe(true);
    await settled(balancer);
  });
});
