// A client's connection in the fast lane: one request after another, each from its first byte to the last of its answer,
// until one comes that this lane does not know. With that one it goes to the full lane, and stays there.
import type { Socket } from 'node:net';
import { INCOMPLETE, UNSUPPORTED, type RequestHead, type ResponseHead } from '@fairlead/http1';
import { isRefusal, type RequestFacts } from '../request/request-reader.js';
import { addressOf } from '../request/client-address.js';
import { OwnRequestLines, fieldOf } from './wire-headers.js';
import type { FastLaneExchange, DownstreamConnection } from './contracts.js';
import type { FastLaneContext, HeldConnection } from './context.js';
import { interimResponse } from '../headers/interim-response.js';
import { isBackpressured } from './write-buffer.js';
import { SharedBufferSocket, readBuffer, type Receiver } from './shared-read-buffer.js';

/** Requests that wait behind the present one are read up to here. Bytes. */
const MAX_PIPELINED_BYTES = 65_536;
/** What a client gets that took too long to send a request's head; the words are Node's. */
const REQUEST_TIMEOUT_RESPONSE = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
/** How long a client may go on sending a body after its answer. Milliseconds. */
const DISCARD_BODY_TIMEOUT_MS = 30_000;

export class FastConnection implements DownstreamConnection, HeldConnection, RequestFacts, Receiver {
  readonly socket: Socket;
  /** When it is closed unless something happens before. Coarse milliseconds. */
  closesAtMs: number;
  readonly client: string;
  readonly isTrusted: boolean;
  // Of the present request.
  method = '';
  target = '';
  bodyBytes = 0;
  private head: RequestHead;
  private readonly reading: SharedBufferSocket;
  private readonly ownLines: OwnRequestLines;
  private exchange: FastLaneExchange | undefined;
  /** Bytes that are not served yet: an incomplete head, or requests behind the present one. */
  private waiting: Buffer | undefined;
  private ownHead: RequestHead | undefined;
  /** Bytes of an answered request's body that are still to come, and are dropped. */
  private bodyToDrop = 0;
  /** Whether a request's head is being waited for: the first, or one that has begun. */
  private isHeadDue = true;
  private wantsClose = false;

  constructor(
    private readonly services: FastLaneContext,
    accepted: Socket,
  ) {
    this.reading = new SharedBufferSocket(accepted, this);
    const { socket } = this.reading;
    this.socket = socket;
    this.head = services.requestHead;
    this.client = addressOf(socket);
    this.isTrusted = services.requests.isTrusted(this.client);
    this.ownLines = new OwnRequestLines(this.client, this.isTrusted, services.demandLines);
    this.closesAtMs = services.nowMs + services.headerTimeoutMs;
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
  }

  /** Whether nothing is answered. */
  get isIdle(): boolean {
    return this.exchange === undefined;
  }

  /** Whether the connection ends with the present answer. */
  get isLastResponse(): boolean {
    return this.wantsClose || this.services.isClosing;
  }

  /** A field of the present request by its name in lower case. Only while its head is looked at. */
  readonly field = (name: string) => fieldOf(this.head, name);

  /** Bytes have come in. */
  received(length: number): void {
    // Behind the last answer nothing is served any more (RFC 9112 §9.6).
    if (!this.socket.writableEnded) this.receive(readBuffer, 0, length);
  }

  /** The backend takes more of the body. */
  resumeReading(): void {
    this.socket.resume();
  }

  /** Passes an interim answer on. */
  relayInterimResponse(head: ResponseHead): void {
    const text = interimResponse(head.statusCode, fieldsOf(head));
    // Hints may be left out; whoever does not read gets no more of them.
    if (text !== undefined && !this.socket.writableNeedDrain) this.socket.write(text, 'latin1');
  }

  /** The present request is answered. */
  onExchangeEnd(isLast: boolean): void {
    this.bodyToDrop = this.exchange?.bodyMissing ?? 0;
    this.exchange = undefined;
    if (isLast) {
      // To hear that the client closes, too.
      this.socket.resume();
      this.end();
      return;
    }
    this.closesAtMs = this.services.nowMs + (this.bodyToDrop > 0 ? DISCARD_BODY_TIMEOUT_MS : this.services.keepAliveMs);
    if (isBackpressured(this.socket)) {
      this.socket.pause();
      return;
    }
    if (this.socket.isPaused()) this.socket.resume();
    // Not here: a long row of requests that are answered at once would fill the stack.
    if (this.waiting) queueMicrotask(this.serveWaiting);
  }

  onExchangeAbort(): void {
    this.exchange = undefined;
    this.socket.destroy();
  }

  /** It takes too long to say what it wants, or has wanted nothing for too long, or does not read its answers. */
  close(): void {
    this.closesAtMs = this.services.nowMs + DISCARD_BODY_TIMEOUT_MS;
    if (this.isHeadDue) this.socket.end(REQUEST_TIMEOUT_RESPONSE);
    else if (this.socket.writableLength > 0 || this.socket.writableEnded) this.socket.destroy();
    else this.socket.destroySoon();
  }

  private readonly serveWaiting = () => {
    const { waiting } = this;
    if (!waiting || this.exchange || this.socket.destroyed || isBackpressured(this.socket)) return;
    this.waiting = undefined;
    this.receive(waiting, 0, waiting.length);
  };

  private readonly onDrain = () => {
    if (this.exchange) this.exchange.onClientDrain();
    else if (!this.socket.writableEnded) {
      this.socket.resume();
      this.serveWaiting();
    }
  };

  /** Whoever stops sending is taken to have gone away, as nginx and Node's server do. */
  private readonly onEnd = () => {
    if (this.exchange) this.socket.destroy();
    else this.end();
  };

  private readonly onError = () => this.socket.destroy();

  private readonly onClose = () => {
    const { exchange } = this;
    this.exchange = undefined;
    this.services.connections.delete(this);
    exchange?.onClientClose();
  };

  /** What came in stands in `bytes`, from `from` to before `end`. What is kept of it is copied. */
  private receive(bytes: Buffer, from: number, end: number): void {
    let at = from;
    if (this.bodyToDrop > 0) {
      const dropped = Math.min(end - at, this.bodyToDrop);
      this.bodyToDrop -= dropped;
      at += dropped;
    }
    if (this.exchange) {
      at = this.receiveBody(this.exchange, bytes, at, end);
      if (at < end) this.wait(bytes, at, end);
    } else if (at < end) this.serve(bytes, at, end);
  }

  /** Answers where the body's part of the bytes ends. */
  private receiveBody(exchange: FastLaneExchange, bytes: Buffer, from: number, end: number): number {
    const length = Math.min(end - from, exchange.bodyMissing);
    if (length === 0) return from;
    const isTaken = exchange.receiveBody(bytes.toString('latin1', from, from + length));
    if (!isTaken) this.socket.pause();
    return from + length;
  }

  private wait(bytes: Buffer, from: number, end: number): void {
    const piece = bytes.subarray(from, end);
    if (this.waiting) this.waiting = Buffer.concat([this.waiting, piece]);
    else this.waiting = bytes === readBuffer ? Buffer.from(piece) : piece;
    if (this.exchange && this.waiting.length > MAX_PIPELINED_BYTES) this.socket.pause();
  }

  /** A request begins with the first of these bytes, or with those that wait before them. */
  private serve(bytes: Buffer, from: number, end: number): void {
    if (this.waiting) {
      const { waiting } = this;
      this.waiting = undefined;
      const whole = Buffer.concat([waiting, bytes.subarray(from, end)]);
      this.serve(whole, 0, whole.length);
      return;
    }
    this.head = this.ownHead ?? this.services.requestHead;
    const length = this.head.frame(bytes, from, end);
    if (length === UNSUPPORTED) this.handOver(bytes, from, end);
    else if (length === INCOMPLETE) this.waitForHead(bytes, from, end);
    else this.begin(length, bytes, from, end);
  }

  private waitForHead(bytes: Buffer, from: number, end: number): void {
    if (!this.isHeadDue) this.closesAtMs = this.services.nowMs + this.services.headerTimeoutMs;
    this.isHeadDue = true;
    this.ownHead ??= this.services.detachRequestHead();
    this.wait(bytes, from, end);
  }

  /** The head is complete, and so long. */
  private begin(length: number, bytes: Buffer, from: number, end: number): void {
    const { head, services } = this;
    this.method = head.method;
    this.target = head.target;
    this.bodyBytes = Math.max(0, head.contentLength);
    const read = services.requests.readFramed(this);
    if (isRefusal(read)) {
      this.handOver(bytes, from, end);
      return;
    }
    this.isHeadDue = false;
    this.closesAtMs = Infinity;
    this.wantsClose = head.wantsClose;
    const exchange = services.acquireExchange();
    this.exchange = exchange;
    exchange.reset(this, read, head, this.ownLines.of(head, read));
    const bodyStart = from + length;
    const bodyEnd = Math.min(end, bodyStart + this.bodyBytes);
    if (bodyEnd < end) this.wait(bytes, bodyEnd, end);
    if (!exchange.start(bytes, bodyStart, bodyEnd)) this.socket.pause();
  }

  /** To the full lane, with all that was not served. */
  private handOver(bytes: Buffer, from: number, end: number): void {
    const { socket, services } = this;
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    socket.off('close', this.onClose);
    services.connections.delete(this);
    this.reading.release();
    services.handOver(socket, Buffer.from(bytes.subarray(from, end)));
  }

  private end(): void {
    // Whoever goes on sending has had its answer; the connection ends in any case.
    this.closesAtMs = this.services.nowMs + DISCARD_BODY_TIMEOUT_MS;
    this.socket.end();
  }
}

function fieldsOf({ fields }: ResponseHead): string[] {
  const raw: string[] = [];
  for (let place = 0; place < fields.count; place++) raw.push(fields.nameText(place), fields.valueText(place));
  return raw;
}
