// The client of an upgrade while it waits for the backend. Its connection is read all the time: otherwise a client that
// leaves would not be noticed, and would hold its place on the backend.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';

/** Reading stops beyond this: a client has nothing to say before the protocol is switched. Bytes. */
const MAX_EARLY_BYTES = 65_536;

export class UpgradeClient {
  readonly socket: Socket;
  private early: Buffer;

  /** `early`: what arrived after the request's head, for the upgraded protocol. */
  constructor(
    readonly request: IncomingMessage,
    private readonly reading: SharedBufferSocket,
    early: Buffer,
  ) {
    this.socket = reading.socket;
    this.early = early;
    reading.redirect((length) => this.keep(length));
    // A client that ends its side is taken to have gone away, as in the other lanes.
    this.socket.once('end', this.onEnd);
    this.socket.resume();
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
