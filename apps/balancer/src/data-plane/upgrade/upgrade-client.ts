// The client of an upgrade while it waits for the backend. Its connection is read all the time: otherwise a client that
// leaves would not be noticed, and would hold its place on the backend.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ReleasedConnection } from '../io/released-connection.js';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';

/** Reading stops beyond this: a client has nothing to say before the protocol is switched. Bytes. */
const MAX_EARLY_BYTES = 65_536;

export class UpgradeClient {
  readonly socket: Socket;
  private readonly reading: SharedBufferSocket;
  private early: Buffer;
  /** What to add to the bytes that the socket has read, to get those of this request and of everything after it. */
  private readonly receivedOffset: number;

  constructor(
    readonly request: IncomingMessage,
    { client, early, requestBytes }: ReleasedConnection,
  ) {
    const { socket } = client;
    this.socket = socket;
    this.reading = client;
    this.early = early;
    this.receivedOffset = requestBytes + early.length - socket.bytesRead;
    client.redirect((length) => this.keep(length));
    // A client that ends its side is taken to have gone away, as in the other lanes.
    this.socket.once('end', this.onEnd);
    this.socket.resume();
  }

  /** The bytes of the request, and of everything that the client has sent after it. */
  get receivedBytes(): number {
    return this.receivedOffset + this.socket.bytesRead;
  }

  /** From here on the socket emits `data` as any other does. Returns what was received before. */
  release(): Buffer {
    this.socket.off('end', this.onEnd);
    this.socket.pause();
    this.reading.release();
    return this.early;
  }

  /** Gives the connection away, to be closed. */
  leave(): SharedBufferSocket {
    this.socket.off('end', this.onEnd);
    return this.reading;
  }

  private readonly onEnd = () => this.socket.destroy();

  private keep(length: number): void {
    this.early = Buffer.concat([this.early, readBuffer.subarray(0, length)]);
    if (this.early.length > MAX_EARLY_BYTES) this.socket.pause();
  }
}
