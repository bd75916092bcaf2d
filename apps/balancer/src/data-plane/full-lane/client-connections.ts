// The client connections of the full lane and what is being responded to on each, so that a shutdown loses nothing: a
// request that is served is served to the last byte, an idle connection is closed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { IndexedSet, type IndexedSetMember } from '../io/indexed-set.js';
import { MAX_PIPELINED_BYTES, PARSED_REQUEST_BYTES } from '../io/pipelining-limit.js';

const CONNECTION = Symbol('client connection');

/**
 * A socket that knows its {@link ClientConnection}. The other two properties are how Node's HTTP server stops reading when a
 * client does not read its responses (`parserOnIncoming` and `socketOnDrain` in its `_http_server.js`); pausing the socket
 * alone does not stop its parser.
 */
type ClientSocket = Socket & {
  [CONNECTION]?: ClientConnection;
  _paused?: boolean;
  parser?: { resume(): void } | null;
};

/** A request whose turn has not come. */
interface PipelinedRequest {
  readonly bytes: number;
  readonly serve: () => void;
}

class ClientConnection implements IndexedSetMember {
  setIndex = -1;
  /** The present response, and those that wait for it: requests may be pipelined. */
  readonly responses: ServerResponse[] = [];
  private readonly waiting: PipelinedRequest[] = [];
  private waitingBytes = 0;

  constructor(readonly socket: ClientSocket) {}

  /** Serves one request after another, and none while the client does not read its responses. */
  enqueue(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    // Mostly there is none before it, and its size is of no interest.
    const bytes = this.responses.length === 0 ? 0 : pipelinedBytes(request);
    this.responses.push(response);
    this.waiting.push({ bytes, serve });
    this.waitingBytes += bytes;
    if (this.responses.length === 1) this.serveNext();
    else if (this.waitingBytes >= MAX_PIPELINED_BYTES) this.pauseReading();
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
    // After the last response of a connection no request is served (RFC 9112 §9.6).
    if (!socket.writable) return;
    if (socket.writableNeedDrain) {
      socket.once('drain', () => this.serveNext());
      return;
    }
    const next = waiting.shift();
    if (!next) return;
    this.waitingBytes -= next.bytes;
    next.serve();
  }
}

export class ClientConnections {
  private readonly open = new IndexedSet<ClientConnection>();
  private isClosing = false;

  add(socket: Socket): void {
    const connection = new ClientConnection(socket);
    (socket as ClientSocket)[CONNECTION] = connection;
    this.open.add(connection);
    socket.once('close', () => this.open.delete(connection));
  }

  /** Calls `serve` when the request's turn has come. It counts until `response` is sent or cut. */
  enqueue(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    const { socket } = request;
    const connection = (socket as ClientSocket)[CONNECTION];
    if (!connection) return;
    if (this.isClosing) response.shouldKeepAlive = false;
    response.on('close', () => {
      connection.onResponseEnd(response);
      if (this.isClosing && !connection.isResponding) socket.destroySoon();
    });
    connection.enqueue(request, response, serve);
  }

  /** Whether a response is under way on `socket`. */
  isResponding(socket: Socket): boolean {
    return (socket as ClientSocket)[CONNECTION]?.isResponding ?? false;
  }

  /** From here on each response is the last one on its connection, and says so. */
  announceClose(): void {
    this.isClosing = true;
    this.open.forEach(({ responses }) => {
      for (const response of responses) response.shouldKeepAlive = false;
    });
  }

  /** Closes the connections on which no request is served. */
  closeIdle(): void {
    this.open.forEach(({ isResponding, socket }) => {
      if (!isResponding) socket.destroySoon();
    });
  }

  /** Cuts every open connection. */
  destroyAll(): void {
    this.open.forEach(({ socket }) => socket.destroy());
  }
}

/** What a request that waits takes in memory: its objects, and the text of a large head. */
function pipelinedBytes({ rawHeaders, url = '' }: IncomingMessage): number {
  return Math.max(
    PARSED_REQUEST_BYTES,
    rawHeaders.reduce((sum, text) => sum + text.length, url.length),
  );
}
