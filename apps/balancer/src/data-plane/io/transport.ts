// The TCP connection that carries a connection: the same socket, unless the connection has TLS.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { acceptedSocketOf } from '@fairlead/tls';

/** Node-internal: the system's handle of a TCP connection. */
interface TcpHandle {
  close(done: () => void): void;
  /** Closes the connection with a reset; returns an error code. */
  reset(done: () => void): number;
}

/** Node-internal: the handle of a `TLSSocket`, and the one under it. */
interface SecureSocket {
  readonly _handle: { readonly _parent?: TcpHandle } | null;
}

/** Returns the socket that was accepted; for a TLS connection that the balancer opened itself, the `TLSSocket`. */
export function transportOf(socket: Socket): Socket {
  return socket instanceof TLSSocket ? acceptedSocketOf(socket) : socket;
}

/** Closes a connection with a reset. */
export function resetConnection(socket: Socket): void {
  const transport = transportOf(socket);
  if (transport instanceof TLSSocket) resetSecure(transport);
  else transport.resetAndDestroy();
}

/** Node resets TCP sockets only: this has the socket close the connection under it with a reset. */
function resetSecure(socket: TLSSocket): void {
  const tcp = (socket as unknown as SecureSocket)._handle?._parent;
  if (tcp) {
    const close = tcp.close.bind(tcp);
    tcp.close = (done) => {
      if (tcp.reset(done) !== 0) close(done);
    };
  }
  socket.destroy();
}
