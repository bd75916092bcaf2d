import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TestBackend } from '../upstream/idle-pool.fixture.js';
import { requestAgent } from '../upstream/request-agent.js';
import { aConnector } from '../upstream/upstream-connector.fixture.js';
import { createKeptPool } from './upstream-connections.js';

const LETTERS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(20_000));

async function respondInPieces(response: ServerResponse): Promise<void> {
  for (const letter of LETTERS) {
    response.write(letter);
    await sleep(20);
  }
  response.end();
}

it('hands out pieces of a body that stay what they are when more is read', async () => {
  const backend = createServer((_request, response) => void respondInPieces(response)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  const pool = createKeptPool(aConnector(1), () => performance.now());
  const connection = pool.acquire({ url: `http://127.0.0.1:${port}`, slot: 0 }, false);
  const agent = requestAgent((created) => created.onSocket(connection.socket), true);
  const upstream = request({ agent }).end();
  const [response] = (await once(upstream, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).toString()).toBe(LETTERS.join(''));
  pool.close();
  backend.close();
});

it('closes an idle connection that receives unsolicited bytes, which would be taken for the next response', async () => {
  const backend = await TestBackend.start();
  const pool = createKeptPool(aConnector(5), () => performance.now());
  const connection = pool.acquire(backend, false);
  await once(connection.socket, 'connect');
  await backend.accepted(1);
  pool.release(connection);
  backend.ends[0].write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await once(connection.socket, 'close');
  expect(pool.acquire(backend, false)).not.toBe(connection);
  pool.close();
  backend.close();
});
