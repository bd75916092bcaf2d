// An HTTPS server that responds to plain HTTP with 400, and that can also close connections in their handshake.
import type { RequestListener } from 'node:http';
import { Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { closeFailed, USE_HTTPS } from '@fairlead/tls';

/** How long a client may take for the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

const PROBLEM = JSON.stringify({ statusCode: 400, error: 'Bad Request', message: USE_HTTPS });
const PLAIN_HTTP_RESPONSE =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
  `Content-Length: ${PROBLEM.length}\r\n\r\n${PROBLEM}`;

/** A server that speaks only TLS. */
export class TlsOnlyServer extends Server {
  /** All connections, whether their handshake is complete or not. */
  private readonly open = new Set<Socket>();

  constructor(options: ServerOptions, listener: RequestListener) {
    super({ ...options, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, listener);
    this.on('connection', (socket: Socket) => this.track(socket));
    this.on('tlsClientError', (error, socket) => closeFailed(socket, error, PLAIN_HTTP_RESPONSE));
  }

  /** Closes all connections. The method of Node's server closes only those whose handshake is complete. */
  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const socket of this.open) socket.destroy();
  }

  private track(socket: Socket): void {
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    // An error event without a listener would end the process.
    socket.on('error', () => socket.destroy());
  }
}
