// Responses that break off: half of the body, and then the backend closes, resets or says nothing more.
import type { Socket } from 'node:net';
import { HEALTH_PATH } from '../backend/settings.ts';
import { startRawBackend, type RawBackend } from './raw-backend.ts';

/** How a body is delimited. A body that only ends with its connection cannot be seen to be cut, and is not among them. */
export const FRAMINGS = ['length', 'chunked'] as const;
export type Framing = (typeof FRAMINGS)[number];

/** What the backend does after half of the body; `whole` sends the other half. */
export const ENDINGS = ['close', 'reset', 'hang', 'whole'] as const;
export type Ending = (typeof ENDINGS)[number];

/** A byte, one packet, and more than the buffers between a balancer and its client hold without flushing. */
const BODY_BYTES = [2, 1_000, 200_000];

/** The path that asks for a response, another one for each `turn`, which chooses among the sizes too. */
export function pathOf(framing: Framing, ending: Ending, turn: number): string {
  return `/${framing}/${ending}/${BODY_BYTES[turn % BODY_BYTES.length]}/${turn}`;
}

/**
 * A backend that responds by {@link pathOf}, and is well. A reset throws away what the balancer has not read yet, head
 * and all, so a response breaks off only once `hasBegun` resolves for its path.
 */
export function startHalfAnswers(hasBegun: (path: string) => Promise<unknown>): Promise<RawBackend> {
  return startRawBackend((path, socket) => {
    if (path === HEALTH_PATH) {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwell\n');
      return;
    }
    const [, framing, ending, size] = path.split('/');
    const half = Buffer.alloc(Number(size) / 2, 'x');
    if (framing === 'length') sendByLength(socket, half);
    else sendByChunks(socket, half);
    if (ending === 'whole') socket.write(framing === 'length' ? half : Buffer.concat([chunk(half), LAST_CHUNK]));
    else void hasBegun(path).then(() => breakOff(socket, ending as Ending));
  });
}

function sendByLength(socket: Socket, half: Buffer): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${half.length * 2}\r\n\r\n`);
  socket.write(half);
}

/** Whole chunks, so that only the last one, which says that the body is over (RFC 9112, 7.1), is missing. */
function sendByChunks(socket: Socket, half: Buffer): void {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write(chunk(half));
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function breakOff(socket: Socket, ending: Ending): void {
  if (ending === 'close') socket.end();
  else if (ending === 'reset') socket.resetAndDestroy();
}
