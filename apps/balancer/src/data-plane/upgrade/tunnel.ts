// Two connections joined: what arrives on one is sent on the other, both ways, until both are closed.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long one side may go on once the other has ended. Milliseconds. */
const HALF_CLOSE_TIMEOUT_MS = 5000;

/** Joins two connections. When one is closed or reset the other follows, once it has sent what it holds. */
export function joinConnections(client: Duplex, backend: Socket): void {
  follow(client, backend);
  follow(backend, client);
  client.pipe(backend);
  backend.pipe(client);
}

function follow(from: Duplex, to: Duplex): void {
  from.on('error', () => to.destroy());
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
