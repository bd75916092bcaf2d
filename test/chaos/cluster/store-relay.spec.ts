import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { reservePorts } from '../../processes/ports.js';
import { StoreRelay } from './store-relay.js';

/** A server that sends back what it receives. */
async function anEchoServer(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function aRelay(): Promise<StoreRelay> {
  return StoreRelay.start({ ports: reservePorts, onEnd: onTestFinished }, await anEchoServer());
}

async function aClient({ port }: Pick<StoreRelay, 'port'>): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function echoOf(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** Resolves when the relay, in this process, has read what was sent to it: the event loop goes round several times. */
async function allRead(): Promise<void> {
  const other = await aClient({ port: await anEchoServer() });
  for (const text of ['1', '2', '3']) await echoOf(other, text);
}

it('relays both ways', async () => {
  const client = await aClient(await aRelay());
  expect(await echoOf(client, 'PING')).toBe('PING');
});

it('delays what it relays, and keeps the order when the delay ends', async () => {
  const relay = await aRelay();
  const client = await aClient(relay);
  relay.suffer({ kind: 'delay', ms: 500 });
  let received = '';
  client.on('data', (chunk) => (received += String(chunk)));
  client.write('first ');
  await allRead();
  relay.suffer(undefined);
  client.write('second');
  await allRead();
  expect(received).toBe('');
  while (!received.includes('second')) await once(client, 'data');
  expect(received).toBe('first second');
});

it('resets open connections and new ones, until that is over', async () => {
  const relay = await aRelay();
  const open = await aClient(relay);
  relay.suffer({ kind: 'reset' });
  const [error] = (await once(open, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  const late = connect(relay.port, '127.0.0.1');
  const [refusal] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  expect(refusal.code).toBe('ECONNRESET');
  relay.suffer(undefined);
  expect(await echoOf(await aClient(relay), 'PING')).toBe('PING');
});
