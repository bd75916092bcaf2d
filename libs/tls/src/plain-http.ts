// Plain HTTP on a port for TLS: how it is recognized, and the response to it.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What a client that speaks plain HTTP on such a port is told. */
export const USE_HTTPS = 'this port is for TLS: use https';

/** Codes of OpenSSL for connections that do not begin as TLS does. */
const PLAIN_CODES: ReadonlySet<string | undefined> = new Set([
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

/** Node-internal: the socket that a `TLSSocket` wraps. */
interface WrappedSocket {
  readonly _parent?: Socket | null;
}

/** The socket that was accepted; of a TLS connection that was opened here, the `TLSSocket` itself. */
export function acceptedSocketOf(socket: TLSSocket): Socket {
  return (socket as unknown as WrappedSocket)._parent ?? socket;
}

/**
 * Closes a connection whose handshake has failed, the subject of a `tlsClientError` event. A client that speaks plain HTTP
 * gets `response`, as on the wire. OpenSSL has read what it sent, so it mostly gets that before the connection is closed.
 */
export function closeFailed(socket: TLSSocket, error: NodeJS.ErrnoException, response: string): void {
  // An error event without a listener would end the process.
  socket.on('error', () => {});
  if (PLAIN_CODES.has(error.code)) acceptedSocketOf(socket).write(response, 'latin1');
  socket.destroy();
}
