// Two connections joined: what arrives on one is sent on the other, both ways, until both are closed or time is up.
import type { Socket } from 'node:net';
import { cutConnection } from '../io/cut-connection.js';
import { Deadline, type DeadlineClock } from '../io/deadline-clock.js';

/** How long one side may go on once the other has ended. Milliseconds. */
const HALF_CLOSE_TIMEOUT_MS = 5000;

/** How long upgraded connections may stay open. Milliseconds; Infinity: no limit. */
export interface TunnelLimits {
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** In all. */
  readonly maxMs: number;
}

/** Joins two connections. When one is closed or reset the other follows, once it has sent what it holds. */
export function joinConnections(client: Socket, backend: Socket, clock: DeadlineClock, limits: TunnelLimits): void {
  follow(client, backend);
  follow(backend, client);
  limit(client, backend, clock, limits);
  client.pipe(backend);
  backend.pipe(client);
}

function follow(from: Socket, to: Socket): void {
  // The end of the connection may be what ends a message of the protocol.
  from.on('error', () => cutConnection(to));
  // The pipe has ended `to` by then; nothing more can arrive from `from`.
  from.once('end', () => {
    const timeout = setTimeout(() => {
      from.destroy();
      to.destroy();
    }, HALF_CLOSE_TIMEOUT_MS);
    to.once('close', () => clearTimeout(timeout));
  });
  from.once('close', () => {
    if (to.writableFinished || from.errored) to.destroy();
    else to.end(() => to.destroy());
  });
}

/** Cuts both connections when a limit is reached. */
function limit(client: Socket, backend: Socket, clock: DeadlineClock, { idleMs, maxMs }: TunnelLimits): void {
  const deadlines: Deadline[] = [];
  const cut = () => {
    client.destroy();
    backend.destroy();
  };
  const cutAfter = (ms: number) => {
    const deadline = new Deadline(clock, cut);
    deadlines.push(deadline);
    deadline.set(ms);
    return deadline;
  };
  if (idleMs < Infinity) {
    const idle = cutAfter(idleMs);
    for (const socket of [client, backend]) socket.on('data', () => idle.touch());
  }
  if (maxMs < Infinity) cutAfter(maxMs);
  client.once('close', () => deadlines.forEach((deadline) => deadline.clear()));
}
