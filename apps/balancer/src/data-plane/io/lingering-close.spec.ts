import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeadlineClock } from './deadline-clock.js';
import { LingeringClose } from './lingering-close.js';
import { SharedBufferSocket } from './shared-read-buffer.js';

describe('a lingering close', () => {
  let nowMs: number;
  let clock: DeadlineClock;
  let lingering: LingeringClose;
  let server: Server;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    nowMs = 0;
    clock = new DeadlineClock(() => nowMs);
    lingering = new LingeringClose(clock);
    server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    clock.stop();
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  /** A connection: the client's end, which does not close by itself, and the balancer's. */
  async function aConnection(): Promise<{ client: Socket; own: SharedBufferSocket }> {
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const own = SharedBufferSocket.takeOver(accepted);
    own.redirect(() => {});
    sockets.push(client, own.socket);
    return { client, own };
  }

  async function textOf(client: Socket): Promise<string> {
    let text = '';
    for await (const chunk of client.iterator({ destroyOnReturn: false })) text += String(chunk);
    return text;
  }

  it('sends its text, ends, and closes when the client does', async () => {
    const { client, own } = await aConnection();
    lingering.endWith(own, 'refused');
    expect(await textOf(client)).toBe('refused');
    expect(own.socket.destroyed).toBe(false);
    client.end();
    await once(own.socket, 'close');
  });

  it('drops what the client still sends, and sends nothing twice', async () => {
    const { client, own } = await aConnection();
    client.write('x'.repeat(1_000_000));
    lingering.endWith(own, 'refused');
    lingering.endWith(own, 'again');
    lingering.end(own);
    expect(await textOf(client)).toBe('refused');
    client.end('more');
    const [hadError] = (await once(client, 'close')) as [boolean];
    expect(hadError).toBe(false);
  });

  it('closes after five seconds when the client does not', async () => {
    const { client, own } = await aConnection();
    lingering.endWith(own, 'refused');
    await textOf(client);
    nowMs = 4900;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(own.socket.destroyed).toBe(false);
    nowMs = 5100;
    await once(own.socket, 'close');
  });

  it('closes when the client sends more than it may', async () => {
    const { client, own } = await aConnection();
    lingering.end(own);
    const piece = Buffer.alloc(1024 * 1024);
    const sendOn = () => client.write(piece, (error) => error ?? sendOn());
    sendOn();
    await once(own.socket, 'close');
  });

  it('leaves a client time to accept its last response', async () => {
    const { client, own } = await aConnection();
    client.pause();
    own.socket.write(Buffer.alloc(20_000_000));
    lingering.end(own);
    nowMs = 20_000;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(own.socket.destroyed).toBe(false);
    nowMs = 31_000;
    await once(own.socket, 'close');
  });

  it('closes at once when too many are open, and all of them when told to', async () => {
    const connections: Awaited<ReturnType<typeof aConnection>>[] = [];
    while (connections.length < 1025) connections.push(await aConnection());
    for (const { own } of connections) lingering.endWith(own, 'refused');
    expect(connections.filter(({ own }) => own.socket.destroyed)).toHaveLength(1);
    lingering.destroyAll();
    expect(connections.every(({ own }) => own.socket.destroyed)).toBe(true);
  });
});
