// An HTTPS server that responds to plain HTTP with 400, and that can also close connections in their handshake.
import type { RequestListener } from 'node:http';
import { Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { TLS_HANDSHAKE_RECORD } from '@fairlead/tls';

/** How long a client may take to send its first byte, and how long for the handshake after that. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long the connection of a client without TLS stays open, so that it can read the response. */
const LINGER_MS = 1_000;

const PROBLEM = JSON.stringify({
  statusCode: 400,
  error: 'Bad Request',
  message: 'this port is for TLS: use https',
});
const PLAIN_HTTP_RESPONSE =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
  `Content-Length: ${PROBLEM.length}\r\n\r\n${PROBLEM}`;

/** Node's listener for accepted connections. */
type AcceptConnection = (socket: Socket) => void;

/** A server that speaks only TLS. */
export class TlsOnlyServer extends Server {
  /** All connections, whether their handshake is complete or not. */
  private readonly open = new Set<Socket>();

  constructor(options: ServerOptions, listener: RequestListener) {
    super({ ...options, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, listener);
    // Node's own listener, the only one so far, begins a handshake with each connection. It gets only those that speak TLS.
    const [beginHandshake] = this.listeners('connection') as AcceptConnection[];
    this.removeAllListeners('connection');
    this.on('connection', (socket: Socket) => {
      this.track(socket);
      whenFirstBytes(socket, (first) => {
        if (first[0] !== TLS_HANDSHAKE_RECORD) return refusePlainHttp(socket);
        socket.unshift(first);
        beginHandshake.call(this, socket);
      });
    });
  }

  /** Node's own method knows a connection only once its handshake is complete. */
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

/** Pauses a connection when its first bytes have arrived, and calls back with them. */
function whenFirstBytes(socket: Socket, onBytes: (first: Buffer) => void): void {
  const close = () => socket.destroy();
  socket.setTimeout(HANDSHAKE_TIMEOUT_MS, close);
  socket.once('data', (first: Buffer) => {
    socket.setTimeout(0, close);
    socket.pause();
    onBytes(first);
  });
}

/** Responds with 400. What the client still sends is read and dropped, because unread bytes would reset the connection. */
function refusePlainHttp(socket: Socket): void {
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(lingering));
  socket.resume().end(PLAIN_HTTP_RESPONSE);
}
