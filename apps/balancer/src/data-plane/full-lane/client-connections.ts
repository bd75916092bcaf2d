// The client connections of the full lane, so that a shutdown loses nothing: a request that is served is served to the last
// byte, an idle connection is closed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { cutConnection } from '../io/cut-connection.js';
import { IndexedSet } from '../io/indexed-set.js';
import type { LingeringClose } from '../io/lingering-close.js';
import type { SharedBufferSocket } from '../io/shared-read-buffer.js';
import { ClientConnection, type ConnectionLimits } from './client-connection.js';

const CONNECTION = Symbol('client connection');

/** A socket that knows its {@link ClientConnection}. */
type ClientSocket = Socket & { [CONNECTION]?: ClientConnection };

export class ClientConnections {
  private readonly open = new IndexedSet<ClientConnection>();
  private isClosing = false;

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly lingering: LingeringClose,
  ) {}

  add(reading: SharedBufferSocket): ClientConnection {
    const { socket } = reading;
    const connection = new ClientConnection(reading, this.limits, this.lingering);
    (socket as ClientSocket)[CONNECTION] = connection;
    this.open.add(connection);
    socket.once('close', () => this.open.delete(connection));
    return connection;
  }

  /** The connection that a request came by. @throws {Error} when it was not added. */
  of(socket: Socket): ClientConnection {
    const connection = (socket as ClientSocket)[CONNECTION];
    if (!connection) throw new Error('a request came by a connection that the full lane does not have');
    return connection;
  }

  /** A request is served from now on, until `response` is sent or cut. */
  onRequest({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.of(socket);
    connection.onRequest(response);
    if (this.isClosing) response.shouldKeepAlive = false;
    response.on('close', () => {
      connection.onResponseEnd();
      if (this.isClosing) socket.destroySoon();
    });
  }

  /** From here on each response is the last one on its connection, and says so. */
  announceClose(): void {
    this.isClosing = true;
    this.open.forEach((connection) => connection.announceClose());
  }

  /** Closes the connections on which no request is served. */
  closeIdle(): void {
    this.open.forEach(({ isResponding, socket }) => {
      if (!isResponding) socket.end(() => socket.destroy());
    });
  }

  /** Cuts every open connection. */
  destroyAll(): void {
    this.open.forEach(({ isResponding, socket }) => {
      // A response may end with its connection: a client of HTTP/1.0 sees by a reset that it is cut.
      if (isResponding) cutConnection(socket);
      else socket.destroy();
    });
  }
}
