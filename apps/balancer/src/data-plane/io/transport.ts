// The TCP connection under a connection, which is the connection itself unless it has TLS.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Node-internal: the socket that a `TLSSocket` was made of. */
interface WrappedSocket {
  readonly _parent?: Socket | null;
}

/** The socket that was accepted. */
export function transportOf(socket: Socket): Socket {
  return socket instanceof TLSSocket ? ((socket as unknown as WrappedSocket)._parent ?? socket) : socket;
}
