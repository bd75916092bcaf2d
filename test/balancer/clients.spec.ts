import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { startBalancer, until } from '../support/processes.js';
import { get } from '../support/http-text.js';
import { openSocket, receivedUntil, stillAt } from '../support/raw-client.js';
import { httpUpstream, join } from '../support/upstreams.js';

describe('clients that go away', () => {
  it('a client that leaves ends its request at the backend, which is not blamed', async () => {
    const balancer = await startBalancer();
    let aborted = 0;
    const { port } = await httpUpstream((request, response) => {
      response.on('close', () => aborted++);
      if (request.url === '/begun') response.write('some');
    });
    await join(balancer, 'a', port);
    for (const path of ['/silent', '/begun']) {
      const socket = await openSocket(balancer.port);
      socket.write(get(path));
      if (path === '/begun') await receivedUntil(socket, 'some');
      else await until('it to be in flight', async () => (await metricsOf(balancer)).fleet.inFlight === 1);
      socket.destroy();
      await settled(balancer);
    }
    await until('the backend to see both aborts', () => aborted === 2);
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0, requests: 2 });
    const { requests } = (await (await fetch(`${balancer.control}/api/v1/requests`)).json()) as {
      requests: { status: number; path: string }[];
    };
    expect(requests.map(({ status, path }) => [path, status])).toEqual([
      ['/begun', 200],
      ['/silent', 499],
    ]);
  });

  it('the balancer reads a response no faster than its client', async () => {
    const balancer = await startBalancer();
    let sent = 0;
    const total = 200 * 1024 * 1024;
    const { port } = await httpUpstream((_, response) => {
      response.writeHead(200, { 'content-length': total });
      const chunk = Buffer.alloc(64 * 1024);
      const send = () => {
        while (sent < total) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', send);
            return;
          }
        }
        response.end();
      };
      send();
    });
    await join(balancer, 'a', port);
    const request = httpRequest(balancer.url).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    expect(await stillAt(balancer.port, () => sent)).toBeLessThan(32 * 1024 * 1024);
    let read = 0;
    for await (const chunk of response) read += (chunk as Buffer).length;
    expect(read).toBe(total);
  });
});

describe('MAX_CLIENT_CONNECTIONS', () => {
  it.each(['on', 'off'])('connections beyond the limit are refused until others close (FAST_LANE=%s)', async (lane) => {
    // Each of several threads has a part of the limit.
    const balancer = await startBalancer({
      FAST_LANE: lane,
      MAX_CLIENT_CONNECTIONS: '2',
      DATA_PLANE_THREADS: '0',
      // By default, one client may have half of the connections.
      TRAFFIC_LIMITS: '{"perClient": {"connections": 0}}',
    });
    const { port } = await httpUpstream((_, response) => response.end('right'));
    await join(balancer, 'a', port);
    const isServed = (socket: Socket): Promise<boolean> => {
      socket.write(get());
      return new Promise((resolve) => {
        socket.on('data', (bytes: Buffer) => resolve(bytes.toString().includes('right')));
        socket.on('close', () => resolve(false));
        // A reset is a refusal too.
        socket.on('error', () => {});
      });
    };
    for (let round = 1; round <= 3; round++) {
      const clients = [await openSocket(balancer.port), await openSocket(balancer.port)];
      for (const client of clients) expect(await isServed(client)).toBe(true);
      expect(await isServed(await openSocket(balancer.port))).toBe(false);
      for (const client of clients) client.destroy();
      await until('there to be room again', async () => {
        const next = await openSocket(balancer.port);
        const hasRoom = await isServed(next);
        next.destroy();
        return hasRoom;
      });
    }
  });
});
