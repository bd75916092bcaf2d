import { once } from 'node:events';
import { createServer, request, type Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ExchangeAgent, UpstreamAgent } from './upstream-agent.js';

const LETTERS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(20_000));

async function answerInPieces(response: ServerResponse): Promise<void> {
  for (const letter of LETTERS) {
    response.write(letter);
    await sleep(20);
  }
  response.end();
}

it('hands out pieces of a body that stay what they are when more is read', async () => {
  const backend = createServer((_request, response) => void answerInPieces(response)).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  const agent = new UpstreamAgent(1000);
  const address = agent.addressOf(`http://127.0.0.1:${port}`);
  const single = new ExchangeAgent((upstream) => upstream.onSocket(agent.take(address, false).socket));
  const asked = request({ agent: single as unknown as Agent }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).toString()).toBe(LETTERS.join(''));
  agent.destroy();
  backend.close();
});
