// A client's connection in the full lane. Node's parser parses everything it gets at once, and its objects for many small
// requests take many times their size in memory. So it gets one request at a time, and the next one after the response.
import { METHODS, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { RequestFramer, type RequestLimits } from '@fairlead/http1';
import { TLS_HANDSHAKE_RECORD } from '@fairlead/tls';
import { bareErrorText, lastErrorText } from '../headers/error-response.js';
import type { IndexedSetMember } from '../io/indexed-set.js';
import type { LingeringClose } from '../io/lingering-close.js';
import { isPipeliningFull } from '../io/pipelining-limit.js';
import type { ReleasedConnection } from '../io/released-connection.js';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';
import type { FramingRefusals, Refusal } from '../request/refusal.js';

/** What a client may do with one connection. */
export interface ConnectionLimits {
  readonly head: RequestLimits;
  /** The responses to what is beyond `head`, or cannot be framed. */
  readonly refusals: FramingRefusals;
  /** Requests, after which the connection is closed. */
  readonly maxRequests: number;
  /** Called with the status of the response to what is no whole request, and its method as far as it is known. */
  readonly onRefused: (status: number, method: string | undefined) => void;
  /** Called when a connection on the plain port begins with TLS. */
  readonly onTlsHello: () => void;
}

/** The methods that Node's parser knows. */
const KNOWN_METHODS = new Set(METHODS);
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
  /** How many bytes of the current request have arrived. */
  requestBytes = 0;
  private requests = 0;
  /** What arrived after the current request. */
  private waiting: Buffer | undefined;
  private isServingWaiting = false;
  /** While Node's parser has a request: what follows it in the same read. */
  private rest = NOTHING;
  /** Whether Node's parser has got the head of the current request whole. */
  private isServed = false;
  /** The response to a head that Node's parser has rejected before it was whole. */
  private parserRefusal: Refusal | undefined;
  private isReleased = false;
  /** Whether what is still read is no request any more. */
  private isRefused = false;
  private parse: (bytes: Buffer) => void = () => {};

  constructor(
    private readonly reading: SharedBufferSocket,
    private readonly limits: ConnectionLimits,
    private readonly lingering: LingeringClose,
  ) {
    this.socket = reading.socket;
    this.framer = new RequestFramer(limits.head, KNOWN_METHODS);
    // Keeps Node's parser from reading the handle by itself.
    if (this.socket._handle) this.socket._handle._consumed = true;
    // Node's server calls it after the last response.
    this.socket.destroySoon = () => {
      this.waiting = undefined;
      lingering.end(reading);
    };
    const { socket } = this;
    // Node's server calls it for each request. One read for each would let the waiting bytes grow without limit.
    socket.resume = () => (this.isFull ? socket : Socket.prototype.resume.call(socket));
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
    // Now, because the parser may find an error in the body within the same call, and the request is counted.
    this.isServed = true;
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
    if (this.isRefused) return;
    if (this.waiting) this.wait(bytes.subarray(0, length));
    else this.serve(bytes, length);
  }

  /** Takes the connection away from Node's server. */
  release(): ReleasedConnection {
    this.isReleased = true;
    return { client: this.reading, early: Buffer.from(this.rest), requestBytes: this.requestBytes };
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
        this.requestBytes = 0;
        this.isServed = false;
      }
      const end = framer.scan(bytes, at, length);
      // Nothing of a head that is refused, but what is good of a body.
      if (framer.error && !framer.hasHead) {
        if (this.requests === 0 && bytes[at] === TLS_HANDSHAKE_RECORD) this.refuseTls();
        else this.refuse(this.limits.refusals.of(framer.error));
        return;
      }
      if (this.parserRefusal && framer.hasHead) {
        this.refuse(this.parserRefusal);
        return;
      }
      this.rest = end < length ? bytes.subarray(end, length) : NOTHING;
      this.requestBytes += end - at;
      if (end > at) this.parse(bytes.subarray(at, end));
      if (this.isReleased || this.isRefused || !socket.writable) return;
      this.isServed = framer.hasHead;
      if (framer.error) {
        this.refuse(this.limits.refusals.of(framer.error));
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
    if (isPipeliningFull(this.waiting)) socket.pause();
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
    this.isServingWaiting = true;
    this.serve(waiting, waiting.length);
    this.isServingWaiting = false;
    if (socket.isPaused()) socket.resume();
  }

  /** Whether reading stays paused, because the waiting bytes exceed the limit or are being served. */
  private get isFull(): boolean {
    return this.isServingWaiting || isPipeliningFull(this.waiting);
  }

  /** Node's server has found an error in what its parser got, or that a head takes too long, or the connection was lost. */
  onServerError({ code }: NodeJS.ErrnoException): void {
    if (this.isReleased) return;
    const { framer, isServed } = this;
    const refusal = this.limits.refusals.ofParser(code);
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') this.onHeadTimeout();
    else if (!refusal) this.socket.destroy();
    else if (framer.error) this.refuse(this.limits.refusals.of(framer.error));
    else if (isServed) this.refuse(this.limits.refusals.of(framer.isInTrailers ? 'bad-trailers' : 'bad-chunks'));
    else if (framer.hasHead || this.parserRefusal) this.refuse(refusal);
    else {
      // The framer has a better reason, perhaps: the parser rejects a method by its first letters.
      this.parserRefusal = refusal;
      this.parse = ignore;
    }
  }

  /** A head does not arrive in time. A client that has sent nothing of one is not counted. */
  private onHeadTimeout(): void {
    if (this.requestBytes > 0 && !this.isServed) this.limits.onRefused(408, undefined);
    this.endWith(bareErrorText(408));
  }

  /** Closes a connection that begins with TLS: its client could not read a response. */
  private refuseTls(): void {
    this.isRefused = true;
    this.limits.onTlsHello();
    this.socket.destroy();
  }

  /** Closes the connection after bytes that are not a request. */
  private refuse({ statusCode, message }: Refusal): void {
    const { framer, isServed, socket } = this;
    this.isRefused = true;
    // The response was sent before the request's body arrived.
    if (isServed && !socket._httpMessage) socket.destroySoon();
    else {
      if (!isServed) this.limits.onRefused(statusCode, framer.method);
      this.endWith(lastErrorText(statusCode, message, { method: framer.method }));
    }
  }

  /** Ends the connection with a response, in place of the one to the present request, unless that has begun. */
  private endWith(text: string): void {
    const { lingering, reading, socket } = this;
    const response = socket._httpMessage;
    if (response?.headersSent) {
      if (response.writableEnded) socket.destroySoon();
      else socket.destroy();
      return;
    }
    if (response) response.detachSocket(socket);
    this.waiting = undefined;
    lingering.endWith(reading, text);
    // Its request is over now, not when the connection is closed.
    response?.destroy();
  }
}

/** In place of a parser that has rejected the beginning of a head. */
function ignore(): void {}
