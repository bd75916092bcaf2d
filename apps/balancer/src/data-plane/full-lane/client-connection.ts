// A client's connection in the full lane. Node's parser parses everything it gets at once, and its objects for many small
// requests take many times their size in memory. So it gets one request at a time, and the next one after the response.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RequestFramer, type FramingError } from '@fairlead/http1';
import { bareErrorText, lastErrorText } from '../headers/error-response.js';
import type { IndexedSetMember } from '../io/indexed-set.js';
import type { LingeringClose } from '../io/lingering-close.js';
import { MAX_PIPELINED_BYTES } from '../io/pipelining-limit.js';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';

/** What a client may do with one connection. */
export interface ConnectionLimits {
  /** The largest head of a request. Bytes. */
  readonly maxHeadBytes: number;
  /** Requests, after which the connection is closed. */
  readonly maxRequests: number;
}

/** The statuses for errors of Node's server; 400 for the others. */
const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const NOTHING: Buffer = Buffer.alloc(0);

/** Node-internal: the response that uses a socket, and whether Node's parser reads from its OS handle itself. */
interface ServedSocket extends Socket {
  readonly _httpMessage?: ServerResponse | null;
  readonly _handle?: { _consumed?: boolean } | null;
}

export class ClientConnection implements IndexedSetMember {
  setIndex = -1;
  readonly socket: ServedSocket;
  private readonly framer: RequestFramer;
  private response: ServerResponse | undefined;
  private requests = 0;
  /** What arrived after the current request. */
  private waiting: Buffer | undefined;
  /** While Node's parser has a request: what follows it in the same read. */
  private rest = NOTHING;
  private isReleased = false;
  private parse: (bytes: Buffer) => void = () => {};

  constructor(
    private readonly reading: SharedBufferSocket,
    private readonly limits: ConnectionLimits,
    private readonly lingering: LingeringClose,
  ) {
    this.socket = reading.socket;
    this.framer = new RequestFramer(limits.maxHeadBytes);
    // Keeps Node's parser from reading the handle by itself.
    if (this.socket._handle) this.socket._handle._consumed = true;
    // Node's server calls it after the last response.
    this.socket.destroySoon = () => lingering.end(reading);
    reading.redirect((length) => this.receive(readBuffer, length));
  }

  /** Called when Node's server has taken over the socket. Its `data` listener feeds the parser, and is called without an event. */
  onServed(): void {
    const [feedParser] = this.socket.listeners('data');
    this.parse = feedParser as (bytes: Buffer) => void;
  }

  /** Whether a request is being served. */
  get isResponding(): boolean {
    return this.response !== undefined;
  }

  onRequest(response: ServerResponse): void {
    this.response = response;
    if (++this.requests >= this.limits.maxRequests) this.announceClose();
  }

  onResponseEnd(): void {
    this.response = undefined;
  }

  /** Makes the current response the last one, with `Connection: close`. */
  announceClose(): void {
    if (this.response) this.response.shouldKeepAlive = false;
  }

  /** Receives the first `length` of `bytes`, which are valid only during the call. */
  receive(bytes: Buffer, length: number): void {
    if (this.waiting) this.wait(bytes.subarray(0, length));
    else this.serve(bytes, length);
  }

  /** Takes the connection away from Node's server. Returns it with what arrived after the last request. */
  release(): { readonly client: SharedBufferSocket; readonly early: Buffer } {
    this.isReleased = true;
    return { client: this.reading, early: Buffer.from(this.rest) };
  }

  /** Gives Node's parser what it may have now: the bytes up to the end of the current request. */
  private serve(bytes: Buffer, length: number): void {
    const { framer, socket } = this;
    for (let at = 0; at < length;) {
      if (framer.isComplete) {
        if (!this.isReady) {
          this.wait(bytes.subarray(at, length));
          return;
        }
        framer.reset();
      }
      const end = framer.scan(bytes, at, length);
      this.rest = end < length ? bytes.subarray(end, length) : NOTHING;
      if (end > at) this.parse(bytes.subarray(at, end));
      if (this.isReleased || !socket.writable) return;
      if (framer.error) {
        this.refuse(framer.error);
        return;
      }
      at = end;
    }
  }

  /** Whether the response to the last request is sent, and the client accepts another one. */
  private get isReady(): boolean {
    return !this.socket._httpMessage && !this.socket.writableNeedDrain;
  }

  private wait(bytes: Buffer): void {
    const { socket, waiting } = this;
    if (waiting) this.waiting = Buffer.concat([waiting, bytes]);
    else {
      this.waiting = bytes.buffer === readBuffer.buffer ? Buffer.from(bytes) : bytes;
      this.onceReady(() => this.serveWaiting());
    }
    if (this.waiting.length > MAX_PIPELINED_BYTES) socket.pause();
  }

  private onceReady(call: () => void): void {
    const { socket } = this;
    if (socket._httpMessage) socket._httpMessage.once('close', call);
    else socket.once('drain', call);
  }

  private serveWaiting(): void {
    const { socket, waiting } = this;
    // After the last response of a connection no request is served (RFC 9112 §9.6).
    if (!waiting || this.isReleased || !socket.writable) return;
    if (!this.isReady) {
      this.onceReady(() => this.serveWaiting());
      return;
    }
    this.waiting = undefined;
    if (socket.isPaused()) socket.resume();
    this.serve(waiting, waiting.length);
  }

  /** Closes the connection because of bytes that cannot be read as a request. */
  private refuse(error: FramingError): void {
    const { framer, socket } = this;
    // The response was sent before the request's body arrived.
    if (framer.hasHead && !socket._httpMessage) socket.destroySoon();
    else if (error === 'unsupported-version')
      this.endWith(lastErrorText(505, 'only HTTP/1.1 and HTTP/1.0 are supported'));
    else this.endWith(bareErrorText(error === 'head-too-large' ? 431 : 400));
  }

  /** Node's server has found an error in what its parser got, or that a head takes too long, or the connection was lost. */
  onServerError({ code = '' }: NodeJS.ErrnoException): void {
    if (this.isReleased) return;
    this.endWith(bareErrorText(STATUS_OF_ERROR[code] ?? 400));
  }

  /** Ends the connection with a response, in place of the one to the present request, unless that has begun. */
  private endWith(text: string): void {
    const { lingering, reading, socket } = this;
    const response = socket._httpMessage;
    if (response?.headersSent) {
      socket.destroy();
      return;
    }
    if (response) response.detachSocket(socket);
    lingering.endWith(reading, text);
    // Its request is over now, not when the connection is closed.
    response?.destroy();
  }
}
