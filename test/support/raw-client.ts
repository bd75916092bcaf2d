// A client that sends raw bytes that no HTTP library would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { request } from './http-text.js';

/** A connection, open, closed when the test is over; `from` is another address of this machine, such as 127.0.0.2. */
export async function openSocket(port: number, from?: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/**
 * Resolves when the event loop of the balancer has gone round several times, in which it has read what was sent to it
 * before. No event signals this, but the balancer itself responds to `OPTIONS *`, once per round.
 */
async function eventLoopRounds(port: number, rounds = 3): Promise<void> {
  const socket = await openSocket(port);
  for (let round = 0; round < rounds; round++) {
    const answered = receivedUntil(socket, '\r\n\r\n');
    socket.write(request('OPTIONS', '*'));
    await answered;
  }
  socket.destroy();
}

/** Writes the parts one after the other, each once the balancer at `port` has read those before; none to a socket that has closed. */
export async function sendInParts(socket: Socket, parts: readonly (string | Buffer)[], port: number): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return;
    await new Promise((resolve) => socket.write(part, resolve));
    // A test that has seen enough ends the balancer meanwhile.
    await eventLoopRounds(port).catch(() => socket.destroy());
  }
}

/** Waits until something stops growing while the balancer at `port` runs; returns how much it is then. */
export async function stillAt(port: number, amount: () => number): Promise<number> {
  for (let before = NaN; ; before = amount()) {
    await eventLoopRounds(port);
    if (amount() === before) return before;
  }
}

/** Sends `bytes`, from another address of this machine if one is given, and collects what comes until the other side closes. */
export async function sendRaw(port: number, bytes: string, from?: string): Promise<string> {
  const socket = await openSocket(port, from);
  socket.write(bytes, 'latin1');
  return received(socket);
}

/** All that comes until the other side closes. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** What has come once `marker` is among it. */
export function receivedUntil(socket: Socket, marker: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onClose = () => reject(new Error(`closed without ${JSON.stringify(marker)}: ${text.slice(-500)}`));
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes(marker)) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(text);
    };
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}
