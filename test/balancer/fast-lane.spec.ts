// What the fast lane must not do wrong. That it does what the full lane does is held by test/differential.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until } from '../support/processes.js';
import { openSocket, received, receivedUntil } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

describe('the fast lane', () => {
  it('lets an upload wait for room as it does other requests', async () => {
    const balancer = await startBalancer({ QUEUE_TIMEOUT_SECONDS: '15' });
    const held: ServerResponse[] = [];
    const bodies: string[] = [];
    const { port } = await httpUpstream((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk)).on('end', () => bodies.push(body));
      held.push(response);
    });
    await join(balancer, 'a', port, { maxInFlight: 1 });
    const first = fetch(balancer.url);
    await until('the first to be there', () => held.length === 1);
    const client = await openSocket(balancer.port);
    client.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc');
    await until('the upload to wait', async () => (await metricsOf(balancer)).fleet.queued === 1);
    client.write('def');
    held[0].end();
    await first;
    await until('the upload to be there', () => held.length === 2 && bodies.includes('abcdef'));
    held[1].end('taken');
    expect(await receivedUntil(client, 'taken')).toMatch(/^HTTP\/1\.1 200 /);
    await settled(balancer);
  });

  it('serves nothing behind the last answer of a connection', async () => {
    const balancer = await startBalancer();
    const seen: string[] = [];
    const { port } = await httpUpstream((request, response) => {
      seen.push(request.url ?? '');
      response.end('answered');
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.write('GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    await receivedUntil(client, 'answered');
    client.write('POST /behind HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
    client.end();
    await once(client, 'close');
    expect((await fetch(`${balancer.url}/after`)).status).toBe(200);
    expect(seen).toEqual(['/last', '/after']);
  });

  it('sends an upload from its beginning when the first backend breaks off', async () => {
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

  it('uses connections to a backend again, also when all were busy at once', async () => {
    // Each thread has a pool of its own.
    const balancer = await startBalancer({ DATA_PLANE_THREADS: '0' });
    let open = 0;
    const held: ServerResponse[] = [];
    const upstream = await httpUpstream((_, response) => held.push(response));
    upstream.keepAliveTimeout = 60_000;
    upstream.on('connection', (socket) => {
      open++;
      socket.on('close', () => open--);
    });
    await join(balancer, 'a', upstream.port);
    const most = 10;
    for (let round = 0; round < 4; round++) {
      const answers = Array.from({ length: most }, () => fetch(balancer.url));
      await until('all to be there', () => held.length === most);
      // Long enough for the lane to look after its connections meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 600));
      for (const response of held.splice(0)) response.end();
      await Promise.all(answers);
    }
    expect(open).toBeLessThanOrEqual(most);
  });

  it('does not serve a client that asks and asks and reads nothing', async () => {
    const balancer = await startBalancer();
    let served = 0;
    const { port } = await httpUpstream((_, response) => {
      served++;
      response.end('x'.repeat(60_000));
    });
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.pause();
    const asked = 2000;
    client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(asked));
    let before = -1;
    await until('it to stop serving', async () => {
      const isStill = served === before;
      before = served;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return isStill && served > 0;
    });
    expect(served).toBeLessThan(asked / 2);
    client.resume();
    let bytes = 0;
    client.on('data', (chunk) => (bytes += chunk.length));
    await until('it to be served to the end', () => served === asked && bytes > asked * 60_000);
    await settled(balancer);
  });

  it('keeps what a slow client has not read, while others are served', async () => {
    const balancer = await startBalancer();
    const body = Buffer.alloc(8 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz');
    const { port } = await httpUpstream((request, response) => response.end(request.url === '/slow' ? body : 'z'));
    await join(balancer, 'a', port);
    const client = await openSocket(balancer.port);
    client.pause();
    client.write('GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    for (let i = 0; i < 50; i++) expect(await (await fetch(balancer.url)).text()).toBe('z');
    const whole = received(client);
    client.resume();
    const text = await whole;
    expect(text.slice(text.indexOf('\r\n\r\n') + 4) === body.toString('latin1')).toBe(true);
    await settled(balancer);
  });
});
