// Reads all connections of a thread into one buffer. By itself Node gives each read a buffer of its own, 64 KiB at first,
// which costs more than everything else about a short request. Its `onread` option avoids that, but exists only for
// connections that are opened, not for those that are accepted.
import { Socket, type Server, type SocketConstructorOpts } from 'node:net';

/** The size of one read, as in Node. */
const READ_BYTES = 65_536;

/** The bytes of the last read of any connection. Valid until the callback that is told of them returns. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Node-internal properties of a socket: its OS handle, and the server that counts it. */
interface SocketInternals {
  _handle: unknown;
  _server: Server | null;
}

/** Called with the number of bytes that were read into {@link readBuffer}. */
export type ReadHandler = (length: number) => void;

/** Takes over a connection that a server accepted with `pauseOnConnect`; the accepted socket is not to be used again. */
export class SharedBufferSocket {
  /** The connection: half open, and like any other socket except that it emits no `data`. */
  readonly socket: Socket;

  constructor(
    accepted: Socket,
    private onRead?: ReadHandler,
  ) {
    const from = accepted as unknown as SocketInternals;
    const onread = { buffer: readBuffer, callback: (length: number) => this.read(length) };
    this.socket = new Socket({ handle: from._handle, allowHalfOpen: true, onread } as SocketConstructorOpts);
    // Otherwise the server would go on counting it once it is closed.
    (this.socket as unknown as SocketInternals)._server = from._server;
    from._handle = null;
    from._server = null;
    this.socket.resume();
  }

  /** Hands what is read to `onRead` from now on. */
  redirect(onRead: ReadHandler): void {
    this.onRead = onRead;
  }

  /** From here on the socket emits `data` as any other does. */
  release(): void {
    this.onRead = undefined;
  }

  /** Returns whether to read on. */
  private read(length: number): boolean {
    if (!this.onRead) return this.socket.push(Buffer.from(readBuffer.subarray(0, length)));
    this.onRead(length);
    return true;
  }
}
