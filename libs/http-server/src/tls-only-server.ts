// An HTTPS server that tells clients without TLS what to do, and closes connections before their handshake as well.
import type { RequestListener } from 'node:http';
import { Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { TLS_HANDSHAKE_RECORD } from '@fairlead/tls';

/** How long a client may take to send its first byte, and then for the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long a client without TLS may go on sending before it has read the response. */
const LINGER_MS = 1_000;

const PROBLEM = JSON.stringify({
  statusCode: 400,
  error: 'Bad Request',
  message: 'this port is for TLS: use https',
});
const PLAIN_HTTP_RESPONSE =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
  `Content-Length: ${PROBLEM.length}\r\n\r\n${PROBLEM}`;

type AcceptConnection = (socket: Socket) => void;

export class TlsOnlyServer extends Server {
  /** All connections, whether their handshake is complete or not. */
  private readonly open = new Set<Socket>();

  constructor(options: ServerOptions, listener: RequestListener) {
    super({ ...options, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, listener);
    // Node begins a handshake with each connection, and closes one that begins with anything else. Nothing else listens yet.
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

  /** Node's own knows a connection only once its handshake is complete. */
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

/** Calls back with the first bytes of a connection, which is paused then. */
function whenFirstBytes(socket: Socket, onBytes: (first: Buffer) => void): void {
  const close = () => socket.destroy();
  socket.setTimeout(HANDSHAKE_TIMEOUT_MS, close);
  socket.once('data', (first: Buffer) => {
    socket.setTimeout(0, close);
    socket.pause();
    onBytes(first);
  });
}

/** What the client still sends is dropped until it has the response, because unread bytes would reset the connection. */
function refusePlainHttp(socket: Socket): void {
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(lingering));
  socket.resume().end(PLAIN_HTTP_RESPONSE);
}
