// Knows the clients' connections and what is being answered on each, so that a shutdown loses nothing: whoever is served
// is served to the last byte, whoever is not is let go.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { IndexedSet, type IndexedSetMember } from '../io/indexed-set.js';

const HELD = Symbol('open connection');

/** When more requests than this wait for their turn, no further ones are read: each costs a kilobyte. */
const MAX_PIPELINED_REQUESTS = 16;

/**
 * A socket that knows what is kept of it here. The other two are how Node's HTTP server stops reading when a client does not
 * take its answers (`parserOnIncoming` and `socketOnDrain` in its `_http_server.js`); a pause alone does not stop its parser.
 */
type ClientSocket = Socket & {
  [HELD]?: ClientConnection;
  _paused?: boolean;
  parser?: { resume(): void } | null;
};

class ClientConnection implements IndexedSetMember {
  setIndex = -1;
  /** What is being answered, and what waits for that: requests may be pipelined. */
  readonly responses: ServerResponse[] = [];
  /** How those are served that wait. */
  private readonly waiting: (() => void)[] = [];

  constructor(readonly socket: ClientSocket) {}

  /** Serves one request after the other, and none while the client does not read what it is answered. */
  serve(response: ServerResponse, serve: () => void): void {
    this.responses.push(response);
    this.waiting.push(serve);
    if (this.responses.length === 1) this.serveNext();
    else if (this.waiting.length >= MAX_PIPELINED_REQUESTS) this.pauseReading();
  }

  get isResponding(): boolean {
    return this.responses.length > 0;
  }

  onResponseEnd(response: ServerResponse): void {
    const at = this.responses.indexOf(response);
    if (at !== -1) this.responses.splice(at, 1);
    if (this.waiting.length > 0) this.serveNext();
    else this.resumeReading();
  }

  private pauseReading(): void {
    this.socket._paused = true;
    this.socket.pause();
  }

  private resumeReading(): void {
    const { socket } = this;
    if (socket._paused !== true) return;
    socket._paused = false;
    socket.parser?.resume();
    socket.resume();
  }

  private serveNext(): void {
    const { socket, waiting } = this;
    // Behind the last answer of a connection nothing is served (RFC 9112 §9.6).
    if (!socket.writable) return;
    if (socket.writableNeedDrain) socket.once('drain', () => this.serveNext());
    else waiting.shift()?.();
  }
}

export class ClientConnections {
  private readonly open = new IndexedSet<ClientConnection>();
  private isClosing = false;

  add(socket: Socket): void {
    const connection = new ClientConnection(socket);
    (socket as ClientSocket)[HELD] = connection;
    this.open.add(connection);
    socket.once('close', () => this.open.delete(connection));
  }

  /** A request has come in on `socket`: `serve` is called when its turn has come. It counts until `response` is sent or cut. */
  enqueue(socket: Socket, response: ServerResponse, serve: () => void): void {
    const connection = (socket as ClientSocket)[HELD];
    if (!connection) return;
    if (this.isClosing) response.shouldKeepAlive = false;
    response.on('close', () => {
      connection.onResponseEnd(response);
      if (this.isClosing && !connection.isResponding) socket.destroySoon();
    });
    connection.serve(response, serve);
  }

  /** Whether an answer is under way on `socket`. */
  isResponding(socket: Socket): boolean {
    return (socket as ClientSocket)[HELD]?.isResponding ?? false;
  }

  /** From here on an answer is the last one on its connection, and says so. */
  announceClose(): void {
    this.isClosing = true;
    this.open.forEach(({ responses }) => {
      for (const response of responses) response.shouldKeepAlive = false;
    });
  }

  /** Closes the connections on which nothing is answered. */
  closeIdle(): void {
    this.open.forEach(({ isResponding, socket }) => {
      if (!isResponding) socket.destroySoon();
    });
  }

  /** Cuts whatever is still open. */
  destroyAll(): void {
    this.open.forEach(({ socket }) => socket.destroy());
  }
}
