// Clients that all connect at the same moment, ask once and keep their connection.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../processes/until.ts';

/**
 * The result of a client's connection: the status of its response; refused, reset or closed without one; or nothing
 * at all.
 */
export type Fate = number | 'refused' | 'unanswered';

interface Client {
  readonly socket: Socket;
  fate: Fate;
}

/** A client without a result by then will get none. Milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Connects `count` clients, holds their connections for `holdMs`, and longer while some have no result; then
 * closes all. Returns how many met which fate.
 */
export async function flood(port: number, count: number, holdMs: number): Promise<ReadonlyMap<Fate, number>> {
  const clients = Array.from({ length: count }, () => aClient(port));
  await sleep(holdMs);
  const areAnswered = () => clients.every(({ fate }) => fate !== 'unanswered');
  await until('all clients to get a response', areAnswered, PATIENCE_MS).catch(() => {});
  for (const { socket } of clients) socket.destroy();
  const tally = new Map<Fate, number>();
  for (const { fate } of clients) tally.set(fate, (tally.get(fate) ?? 0) + 1);
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

function fateOf(response: string): Fate {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1];
  return status === undefined ? 'unanswered' : Number(status);
}
