// Ends clients' connections so that each client can read its last response (RFC 9112 §9.6). The system resets a connection
// that is closed with bytes unread, and the client then loses what it has not read itself. So only sending ends at first;
// what the client still sends is read and dropped until it closes its side too.
import type { Socket } from 'node:net';
import { cutConnection } from './cut-connection.js';
import { Deadline, type DeadlineClock } from './deadline-clock.js';
import { IndexedSet, type IndexedSetMember } from './indexed-set.js';
import type { SharedBufferSocket } from './shared-read-buffer.js';

/** How long a client has to close its side, from when its last response was sent. Milliseconds. */
const LINGER_MS = 5000;
/** How long a client has to accept the rest of a response. Milliseconds. */
const DRAIN_MS = 30_000;
/** A client that goes on sending beyond this does not read its response. Bytes. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;
/** More connections are not kept for this: they are closed at once. */
const MAX_LINGERING = 1024;

/** The connections of a thread that are being closed. */
export class LingeringClose {
  private readonly open = new IndexedSet<LingeringConnection>();

  constructor(private readonly clock: DeadlineClock) {}

  /** Ends a connection with a response of the balancer's own: `text`, in which each character is a byte. */
  endWith(client: SharedBufferSocket, text: string): void {
    const { socket } = client;
    if (isEnding(socket)) return;
    socket.end(text, 'latin1');
    this.linger(client, LINGER_MS);
  }

  /** Ends a connection after its last response, of which a part may still be on its way. */
  end(client: SharedBufferSocket): void {
    const { socket } = client;
    if (isEnding(socket)) return;
    socket.end();
    this.linger(client, DRAIN_MS);
  }

  /** Cuts every connection that is being closed. */
  destroyAll(): void {
    this.open.forEach(({ socket }) => cutConnection(socket));
  }

  /** `ms`: how long the client may take to accept what is sent already. */
  private linger(client: SharedBufferSocket, ms: number): void {
    const { open, clock } = this;
    if (open.size >= MAX_LINGERING) {
      cutConnection(client.socket);
      return;
    }
    const connection = new LingeringConnection(client, clock, ms);
    open.add(connection);
    client.socket.once('close', () => open.delete(connection));
  }
}

class LingeringConnection implements IndexedSetMember {
  setIndex = -1;
  readonly socket: Socket;
  private droppedBytes = 0;

  constructor(client: SharedBufferSocket, clock: DeadlineClock, ms: number) {
    const { socket } = client;
    this.socket = socket;
    const deadline = new Deadline(clock, () => cutConnection(socket));
    deadline.set(ms);
    // An error event without a listener would end the process.
    socket.on('error', () => {});
    socket.once('finish', () => deadline.set(LINGER_MS));
    socket.once('close', () => deadline.clear());
    client.redirect((length) => this.drop(length));
    // Node closes the socket once both sides have ended; it notices the client's end only while it reads.
    socket.resume();
  }

  private drop(length: number): void {
    this.droppedBytes += length;
    if (this.droppedBytes > MAX_DROPPED_BYTES) this.socket.destroy();
  }
}

function isEnding({ writableEnded, destroyed }: Socket): boolean {
  return writableEnded || destroyed;
}
