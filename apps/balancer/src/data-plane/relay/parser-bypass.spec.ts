import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createKeptPool } from '../full-lane/upstream-connections.js';
import { requestAgent } from '../upstream/request-agent.js';
import { aConnector } from '../upstream/upstream-connector.fixture.js';
import { ParserBypass } from './parser-bypass.js';

const PIECES = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(20_000));
const BODY = PIECES.join('');

async function aBackend(): Promise<number> {
  const backend = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': BODY.length });
    void (async () => {
      for (const piece of PIECES) {
        response.write(piece);
        await sleep(20);
      }
      response.end();
    })();
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  onTestFinished(() => {
    backend.closeAllConnections();
    backend.close();
  });
  return (backend.address() as AddressInfo).port;
}

it('gives the middle of a body to its receiver and the rest to Node, one response after another', async () => {
  const pool = createKeptPool(aConnector(1), () => performance.now());
  onTestFinished(() => pool.close());
  const backend = { url: `http://127.0.0.1:${await aBackend()}`, slot: 0 };
  const sockets = new Set<Socket>();
  for (let round = 0; round < 3; round++) {
    const connection = pool.acquire(backend, false);
    sockets.add(connection.socket);
    const agent = requestAgent((created) => created.onSocket(connection.socket), true);
    const upstream = request({ agent }).end();
    const [response] = (await once(upstream, 'response')) as [IncomingMessage];
    let text = '';
    let past = 0;
    let missing = BODY.length;
    response.on('data', (piece: Buffer) => {
      text += String(piece);
      missing -= piece.length;
      if (missing === 0) return;
      connection.bypass.start(missing, (middle) => {
        text += String(middle);
        past += middle.length;
        missing -= middle.length;
      });
    });
    await once(response, 'end');
    expect(text).toBe(BODY);
    expect(response.complete).toBe(true);
    expect(past).toBeGreaterThanOrEqual(PIECES[1].length);
    await new Promise(setImmediate);
  }
  expect(sockets.size).toBe(1);
});

it('leaves everything to Node when the length is unknown, or no parser is found where it should be', () => {
  const socket = connect({ port: 1, host: '127.0.0.1' });
  socket.on('error', () => {}).destroy();
  const heard: string[] = [];
  socket.on('data', (piece) => heard.push(String(piece)));
  const bypass = new ParserBypass(socket);
  const receiver = () => expect.unreachable();
  const parsers = [undefined, {}, { 3: () => {} }, { 3: function parserOnBody() {} }];
  parsers.forEach((parser, i) => {
    Object.assign(socket, { parser });
    bypass.start(i === 3 ? NaN : 100, receiver);
    bypass.onData(Buffer.from(String(i)));
  });
  expect(heard).toEqual(['0', '1', '2', '3']);
});
