// Clients that all connect at the same moment, ask once and keep their connection.
import { connect, type Socket } from 'node:net';

/** What became of a client's connection. `refused` is any end without an answer: refused, reset or closed. */
export const FATES = ['served', 'told 503', 'refused', 'unanswered', 'answered otherwise'] as const;
export type Fate = (typeof FATES)[number];

/** How many clients met which fate. */
export type Fates = Readonly<Record<Fate, number>>;

interface Client {
  readonly socket: Socket;
  fate: Fate;
}

/** Connects so many clients, waits for `holdMs`, closes all connections and counts. */
export async function flood(port: number, count: number, holdMs: number): Promise<Fates> {
  const clients = Array.from({ length: count }, () => aClient(port));
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  for (const { socket } of clients) socket.destroy();
  const tally = Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<Fate, number>;
  for (const { fate } of clients) tally[fate] += 1;
  return tally;
}

function aClient(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1' });
  const client: Client = { socket, fate: 'unanswered' };
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    client.fate = fateOf(text);
  });
  socket.once('close', () => {
    if (client.fate === 'unanswered') client.fate = 'refused';
  });
  socket.write('GET /flood HTTP/1.1\r\nHost: flood\r\n\r\n');
  return client;
}

function fateOf(answer: string): Fate {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
  if (status === '200') return 'served';
  return status === '503' ? 'told 503' : 'answered otherwise';
}
