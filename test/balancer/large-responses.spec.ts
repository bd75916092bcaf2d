// Responses of a known length that come in many pieces: in the full lane their middle goes past Node's parser.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, head, response } from '../support/http-text.js';
import { shared } from '../support/lifetime.js';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { openSocket, sendRaw, sendInParts, stillAt } from '../support/raw-client.js';
import { emptyFleet, httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const LARGE = 1_000_000;
const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The head of a response of this length. */
const headOf = (length: number) => head('HTTP/1.1 200 OK', [`Content-Length: ${length}`]);

/** Responds to every request with `bytes` and their length, at once, and keeps its connections. */
async function largeUpstream(bytes: Buffer) {
  const connections = new Set<Socket>();
  const upstream = await httpUpstream((request, response) => {
    connections.add(request.socket);
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  // Longer than a busy machine takes from one request to the next; Node's default is 5 s.
  upstream.keepAliveTimeout = 60_000;
  return { port: upstream.port, connections };
}

describe.each(['off', 'on'])('large responses (FAST_LANE=%s)', (FAST_LANE) => {
  const serving = shared((atEnd) => startBalancer({ FAST_LANE }, atEnd));
  beforeEach(() => emptyFleet(serving.current));

  it('a response arrives unchanged however it is split, and its connection is reused', async () => {
    const balancer = serving.current;
    const body = randomBytes(LARGE);
    const { length } = headOf(LARGE);
    const whole = Buffer.concat([Buffer.from(headOf(LARGE)), body]);
    const cuts: readonly (readonly number[])[] = [
      [],
      [length],
      [length, length + 1],
      [length + 100],
      [20, length + 70_000, length + 70_100, length + 90_000],
      [length, whole.length - 70_000, whole.length - 10],
    ];
    const connections = new Set<Socket>();
    let round = 0;
    const { port } = await tcpUpstream((socket) =>
      socket.on('data', () => {
        connections.add(socket);
        const at = cuts[round++];
        void sendInParts(
          socket,
          [0, ...at].map((from, i) => whole.subarray(from, at[i])),
          balancer.port,
        );
      }),
    );
    await join(balancer, 'a', port);
    for (const at of cuts) {
      const response = await fetch(balancer.url);
      expect(digest(await response.bytes()), `cut at ${at.join(', ')}`).toBe(digest(body));
      await settled(balancer);
    }
    expect(connections.size).toBe(1);
    expect((await metricsOf(balancer)).backends[0].errors).toBe(0);
  });

  it('a response that breaks off breaks off for the client too', async () => {
    const balancer = serving.current;
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        void sendInParts(socket, [headOf(LARGE), Buffer.alloc(300_000, 'x')], balancer.port).then(() => socket.end());
      }),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, get());
    expect(answer.split('\r\n\r\n')[1].length).toBe(300_000);
    await backendIn(balancer.control, 'a', 'up');
    expect((await metricsOf(balancer)).backends[0].errors).toBe(1);
    await settled(balancer);
  });

  it('a response that stands still is cut', async () => {
    const balancer = await startBalancer({ FAST_LANE, STREAM_IDLE_TIMEOUT_SECONDS: '1' });
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        void sendInParts(socket, [headOf(LARGE), Buffer.alloc(300_000, 'x')], balancer.port);
      }),
    );
    await join(balancer, 'a', port);
    await expect((await fetch(balancer.url)).bytes()).rejects.toThrow();
    expect((await metricsOf(balancer)).backends[0].errors).toBe(1);
    await settled(balancer);
  });

  it('a response ends at its length, and no client gets what follows it', async () => {
    const balancer = serving.current;
    const connections = new Set<Socket>();
    const { port } = await tcpUpstream((socket) =>
      socket.on('data', () => {
        connections.add(socket);
        const last = 'z'.repeat(100_000) + response('evil');
        void sendInParts(socket, [headOf(LARGE), Buffer.alloc(LARGE - 100_000, 'x'), last], balancer.port);
      }),
    );
    await join(balancer, 'a', port);
    for (let i = 1; i <= 3; i++) {
      const text = await (await fetch(balancer.url)).text();
      expect(text === 'x'.repeat(LARGE - 100_000) + 'z'.repeat(100_000)).toBe(true);
      await settled(balancer);
      expect(connections.size).toBe(i);
    }
  });

  it('a connection on which bytes of another head follow a response is not reused', async () => {
    const balancer = serving.current;
    const connections = new Set<Socket>();
    const { port } = await tcpUpstream((socket) =>
      socket.on('data', () => {
        connections.add(socket);
        const last = `${'z'.repeat(1000)}HTTP/1.1 200 OK\r\nContent-Le`;
        void sendInParts(socket, [headOf(LARGE), Buffer.alloc(LARGE - 1000, 'x'), last], balancer.port);
      }),
    );
    await join(balancer, 'a', port);
    for (let i = 1; i <= 3; i++) {
      expect((await (await fetch(balancer.url)).bytes()).length).toBe(LARGE);
      await settled(balancer);
      expect(connections.size).toBe(i);
    }
  });

  it('responses wait for slow clients without being mixed, and their connections are reused', async () => {
    const balancer = serving.current;
    const body = randomBytes(20 * LARGE);
    const { port, connections } = await largeUpstream(body);
    await join(balancer, 'a', port);
    const clients = 6;
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(
        Array.from({ length: clients }, async () => {
          const request = httpRequest(balancer.url).end();
          const [answer] = (await once(request, 'response')) as [IncomingMessage];
          answer.pause();
          return answer;
        }),
      );
      // As much has been read of each as the balancer and the kernel hold.
      await stillAt(balancer.port, () =>
        sumOf([...connections].map((socket) => socket.bytesWritten - socket.writableLength)),
      );
      const digests = answers.map(async (answer) => {
        const hash = createHash('sha256');
        for await (const piece of answer) hash.update(piece as Buffer);
        return hash.digest('hex');
      });
      expect(await Promise.all(digests)).toEqual(answers.map(() => digest(body)));
      await settled(balancer);
    }
    expect(connections.size).toBe(clients);
  });

  it('a response ends when the client leaves in its middle, and the backend is not blamed', async () => {
    const balancer = serving.current;
    const { port, connections } = await largeUpstream(randomBytes(20 * LARGE));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write(get());
    let seen = 0;
    socket.on('data', (piece: Buffer) => {
      seen += piece.length;
      if (seen > LARGE) socket.destroy();
    });
    await once(socket, 'close');
    await until('the connection to the backend to end', () => [...connections].every(({ destroyed }) => destroyed));
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    await settled(balancer);
  });
});
