// Endless responses: some as fast as they are read, some silent after their first bytes.
import type { Socket } from 'node:net';
import { startRawBackend, type RawBackend } from './raw-backend.ts';

/** `flood` fills every buffer on the way, `drip` leaves all of them empty. */
export type Endless = 'flood' | 'drip';

const BLOCK = Buffer.alloc(64 * 1024, 'x');
const DRIP_BYTES = 1_000;
/** More than any client reads. */
const ANNOUNCED_BYTES = 2 ** 40;

/** A backend that responds to `/flood/id` and `/drip/id` without end, and anything else with a short text. */
export function startEndlessBackend(ended: (id: string) => void): Promise<RawBackend> {
  return startRawBackend((path, socket) => {
    const [, kind, id] = path.split('/');
    if (kind !== 'flood' && kind !== 'drip') {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n');
      return;
    }
    socket.once('close', () => ended(id));
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${ANNOUNCED_BYTES}\r\n\r\n`);
    if (kind === 'drip') socket.write(BLOCK.subarray(0, DRIP_BYTES));
    else flood(socket);
  });
}

function flood(socket: Socket): void {
  const fill = () => {
    while (!socket.destroyed && socket.write(BLOCK));
  };
  socket.on('drain', fill);
  fill();
}
