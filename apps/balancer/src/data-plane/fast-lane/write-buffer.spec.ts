import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WriteBuffer } from './write-buffer.js';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** The two ends of a connection. */
async function aConnection(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  closers.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

async function read(socket: Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const [piece] = (await once(socket.resume(), 'data')) as [Buffer];
    text += piece.toString('latin1');
  }
  return text;
}

describe('an outbox', () => {
  it('sends what was put in, in that order, as one piece', async () => {
    const [near, far] = await aConnection();
    const outbox = new WriteBuffer();
    outbox.append('a\u00ff');
    outbox.appendBytes(Buffer.from('xbcx'), 1, 3);
    outbox.append('d');
    outbox.flush(near);
    outbox.flush(near);
    const [piece] = (await once(far.resume(), 'data')) as [Buffer];
    expect(piece.toString('latin1')).toBe('a\u00ffbcd');
  });

  it('takes more than it has room for', async () => {
    const [near, far] = await aConnection();
    const outbox = new WriteBuffer();
    const long = 'x'.repeat(200_000);
    outbox.append('begin ');
    outbox.appendBytes(Buffer.from(long), 0, long.length);
    outbox.append(' end');
    outbox.flush(near);
    expect(await read(far, long.length + 10)).toBe(`begin ${long} end`);
  });

  it('spoils nothing that the system has not taken yet', async () => {
    const [near, far] = await aConnection();
    const outbox = new WriteBuffer();
    const pieces = Array.from({ length: 400 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(60_000));
    // The other end does not read: sooner or later the system takes no more.
    for (const piece of pieces) {
      outbox.append(piece);
      outbox.flush(near);
    }
    expect(near.writableLength).toBeGreaterThan(0);
    const whole = pieces.join('');
    expect((await read(far, whole.length)) === whole).toBe(true);
  });
});
