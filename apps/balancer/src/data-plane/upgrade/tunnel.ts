// Two connections joined: what comes in on one goes out on the other, both ways, until both are closed.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long the other side may go on once one has ended. Milliseconds. */
const HALF_CLOSE_TIMEOUT_MS = 5000;

/** Joins `client` and `backend`. When one is closed or reset the other follows, once it has sent what it holds. */
export function joinConnections(client: Duplex, backend: Socket): void {
  follow(client, backend);
  follow(backend, client);
  client.pipe(backend);
  backend.pipe(client);
}

function follow(from: Duplex, to: Duplex): void {
  from.on('error', () => to.destroy());
  // The pipe has ended `to` by then; nothing more can come from `from`.
  from.once('end', () => {
    const linger = setTimeout(() => {
      from.destroy();
      to.destroy();
    }, HALF_CLOSE_TIMEOUT_MS);
    to.once('close', () => clearTimeout(linger));
  });
  from.once('close', () => {
    if (to.writableFinished || from.errored) to.destroy();
    else to.end(() => to.destroy());
  });
}
