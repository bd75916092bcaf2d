// Answers of a known length that come in many pieces: in the full lane their middle goes past Node's parser.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { metricsOf, settled } from '../support/metrics.js';
import { backendIn, startBalancer, until } from '../support/processes.js';
import { openSocket, sendRaw } from '../support/raw-client.js';
import { httpUpstream, join, tcpUpstream } from '../support/upstreams.js';

const LARGE = 1_000_000;
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Sends the parts one behind the other, so that they come in separately. */
async function sendInParts(socket: Socket, parts: readonly (string | Buffer)[]): Promise<void> {
  for (const part of parts) {
    socket.write(part);
    await sleep(20);
  }
}

/** Answers to everybody `bytes` with its length, in one go, and counts its connections. */
async function largeUpstream(bytes: Buffer) {
  const connections = new Set<Socket>();
  const upstream = await httpUpstream((request, response) => {
    connections.add(request.socket);
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  return { port: upstream.port, connections };
}

describe.each(['off', 'on'])('large answers, FAST_LANE=%s', (FAST_LANE) => {
  it('arrive byte for byte, in whatever pieces, and leave the connection of use', async () => {
    const balancer = await startBalancer({ FAST_LANE });
    const body = randomBytes(LARGE);
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
    const whole = Buffer.concat([Buffer.from(head), body]);
    const cuts: readonly (readonly number[])[] = [
      [],
      [head.length],
      [head.length, head.length + 1],
      [head.length + 100],
      [20, head.length + 70_000, head.length + 70_100, head.length + 90_000],
      [head.length, whole.length - 70_000, whole.length - 10],
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
        );
      }),
    );
    await join(balancer, 'a', port);
    for (const at of cuts) {
      const answer = await fetch(balancer.url);
      expect(digest(await answer.bytes()), `cut at ${at.join(', ')}`).toBe(digest(body));
      await settled(balancer);
    }
    expect(connections.size).toBe(1);
    expect((await metricsOf(balancer)).backends[0].errors).toBe(0);
  });

  it('are shown as cut off when they are', async () => {
    const balancer = await startBalancer({ FAST_LANE });
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
        void sendInParts(socket, [head, Buffer.alloc(300_000, 'x')]).then(() => socket.end());
      }),
    );
    await join(balancer, 'a', port);
    const answer = await sendRaw(balancer.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(answer.split('\r\n\r\n')[1].length).toBe(300_000);
    await backendIn(balancer.control, 'a', 'up');
    expect((await metricsOf(balancer)).backends[0].errors).toBe(1);
    await settled(balancer);
  });

  it('are cut when they stand still', async () => {
    const balancer = await startBalancer({ FAST_LANE, STREAM_IDLE_TIMEOUT_SECONDS: '0.3' });
    const { port } = await tcpUpstream((socket) =>
      socket.once('data', () => {
        const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
        void sendInParts(socket, [head, Buffer.alloc(300_000, 'x')]);
      }),
    );
    await join(balancer, 'a', port);
    await expect((await fetch(balancer.url)).bytes()).rejects.toThrow();
    expect((await metricsOf(balancer)).backends[0].errors).toBe(1);
    await settled(balancer);
  });

  it('end where they say, whatever comes behind, and what does is given to nobody', async () => {
    const balancer = await startBalancer({ FAST_LANE });
    const connections = new Set<Socket>();
    const { port } = await tcpUpstream((socket) =>
      socket.on('data', () => {
        connections.add(socket);
        const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
        const last = `${'z'.repeat(100_000)}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`;
        void sendInParts(socket, [head, Buffer.alloc(LARGE - 100_000, 'x'), last]);
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

  it('leave no connection of use behind which a head begins', async () => {
    const balancer = await startBalancer({ FAST_LANE });
    const connections = new Set<Socket>();
    const { port } = await tcpUpstream((socket) =>
      socket.on('data', () => {
        connections.add(socket);
        const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
        const last = `${'z'.repeat(1000)}HTTP/1.1 200 OK\r\nContent-Le`;
        void sendInParts(socket, [head, Buffer.alloc(LARGE - 1000, 'x'), last]);
      }),
    );
    await join(balancer, 'a', port);
    for (let i = 1; i <= 3; i++) {
      expect((await (await fetch(balancer.url)).bytes()).length).toBe(LARGE);
      await settled(balancer);
      expect(connections.size).toBe(i);
    }
  });

  it('wait for clients that are slow, get nobody else into their bytes, and leave the connections of use', async () => {
    const balancer = await startBalancer({ FAST_LANE });
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
      await sleep(300);
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

  it('come to their end when the client goes away in their middle, and blame nobody', async () => {
    const balancer = await startBalancer({ FAST_LANE });
    const { port, connections } = await largeUpstream(randomBytes(20 * LARGE));
    await join(balancer, 'a', port);
    const socket = await openSocket(balancer.port);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    let seen = 0;
    socket.on('data', (piece: Buffer) => {
      seen += piece.length;
      if (seen > LARGE) socket.destroy();
    });
    await once(socket, 'close');
    await until('the backend to be let go', () => [...connections].every(({ destroyed }) => destroyed));
    expect((await metricsOf(balancer)).backends[0]).toMatchObject({ state: 'up', errors: 0 });
    await settled(balancer);
  });
});
