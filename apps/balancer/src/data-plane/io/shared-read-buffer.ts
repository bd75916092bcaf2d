// Reads all connections of a thread into one buffer. By itself Node gives each read a buffer of its own, 64 KiB at first,
// which costs more than everything else about a short request. Its `onread` option avoids that, but exists only for
// connections that are opened, not for those that are accepted.
import { Socket, type Server, type SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The most that is read at once, as in Node. */
export const READ_BYTES = 65_536;

/** The bytes of the last read of any connection. Valid until the {@link ReadHandler} returns. */
export const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Node-internal properties of a socket: its OS handle, and the server that counts it. */
interface SocketInternals {
  _handle: unknown;
  _server: Server | null;
}

/** The properties in which Node keeps the option `onread` of a socket. `TLSSocket` ignores the option, but uses them. */
const [BUFFER, ON_READ] = ['kBuffer', 'kBufferCb'].map((name) => {
  const symbol = Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name);
  if (!symbol) throw new Error(`this version of Node has no ${name} in its sockets: ${process.version}`);
  return symbol;
});

/** Node-internal properties of a TLS socket. */
interface SecureInternals {
  [onread: symbol]: unknown;
  _handle: { useUserBuffer(buffer: Buffer): void } | null;
}

/** Called with the number of bytes that were read into {@link readBuffer}. */
export type ReadHandler = (length: number) => void;

/** A connection that is read into {@link readBuffer}. */
export class SharedBufferSocket {
  private onRead: ReadHandler | undefined;

  /** @param socket half open, and like any other except that it emits no `data`. */
  private constructor(readonly socket: Socket) {}

  /** Takes over a connection that a server accepted with `pauseOnConnect`; the accepted socket is not to be used again. */
  static takeOver(accepted: Socket): SharedBufferSocket {
    const from = accepted as unknown as SocketInternals;
    const onread = { buffer: readBuffer, callback: (length: number) => client.read(length) };
    const socket = new Socket({ handle: from._handle, allowHalfOpen: true, onread } as SocketConstructorOpts);
    const client: SharedBufferSocket = new SharedBufferSocket(socket);
    // Otherwise the server would go on counting it once it is closed.
    (socket as unknown as SocketInternals)._server = from._server;
    from._handle = null;
    from._server = null;
    socket.resume();
    return client;
  }

  /** Takes over a TLS connection after its handshake. */
  static secured(socket: TLSSocket): SharedBufferSocket {
    const client = new SharedBufferSocket(socket);
    const internals = socket as unknown as SecureInternals;
    internals[BUFFER] = readBuffer;
    internals[ON_READ] = (length: number) => client.read(length);
    internals._handle?.useUserBuffer(readBuffer);
    socket.resume();
    return client;
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
