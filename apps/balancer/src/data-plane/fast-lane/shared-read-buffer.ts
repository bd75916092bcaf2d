// Reads all clients' connections into one buffer. By itself Node gives every piece that comes in a buffer of its own,
// 64 KiB to begin with, which costs more than all else about a short request. Its `onread` option knows better, but is only
// there for connections that are opened, not for those that are accepted.
import { Socket, type Server, type SocketConstructorOpts } from 'node:net';

/** As much as is read at a time: Node's own measure. */
const READ_BYTES = 65_536;

/** What came in last, whoever sent it. Valid until the one who is told of it returns. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Whoever is told that the first `length` bytes of {@link readBuffer} came in. */
export interface Receiver {
  received(length: number): void;
}

/** The two things that Node keeps to itself about a connection: what the system knows it by, and who counts it. */
interface SocketInternals {
  _handle: unknown;
  _server: Server | null;
}

/** A connection that its server accepted with `pauseOnConnect`, taken over; that socket is not to be used again. */
export class SharedBufferSocket {
  /** The connection: a socket like any other, half open, but for the bytes that come in. */
  readonly socket: Socket;

  constructor(
    accepted: Socket,
    private receiver: Receiver | undefined,
  ) {
    const from = accepted as unknown as SocketInternals;
    const onread = { buffer: readBuffer, callback: (length: number) => this.read(length) };
    this.socket = new Socket({ handle: from._handle, allowHalfOpen: true, onread } as SocketConstructorOpts);
    // Or the server would go on counting it when it is closed.
    (this.socket as unknown as SocketInternals)._server = from._server;
    from._handle = null;
    from._server = null;
    this.socket.resume();
  }

  /** From here on the socket hands out what comes in as any other does. */
  release(): void {
    this.receiver = undefined;
  }

  /** Answers whether more is to be read. */
  private read(length: number): boolean {
    if (!this.receiver) return this.socket.push(Buffer.from(readBuffer.subarray(0, length)));
    this.receiver.received(length);
    return true;
  }
}
