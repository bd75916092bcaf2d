// A client that sends bytes as they are, for what no HTTP library would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection, open, closed when the test is over. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends `bytes` and collects the answer until the other side closes. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = await openSocket(port);
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
    const onClose = () => reject(new Error(`closed without ${JSON.stringify(marker)}: ${text}`));
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
