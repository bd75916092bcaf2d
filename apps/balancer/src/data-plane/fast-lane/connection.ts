// A client's connection in the fast lane: one request after another, each from its first byte to the last of its
// response, until one comes that this lane does not support. With that one it goes to the full lane, and stays there.
import type { Socket } from 'node:net';
import { INCOMPLETE, UNSUPPORTED, type ForwardingRule, type RequestHead, type ResponseHead } from '@fairlead/http1';
import { HopHeaderCache } from '../headers/forwarded-header-cache.js';
import { bareErrorText } from '../headers/error-response.js';
import { interimResponse } from '../headers/interim-response.js';
import { ownResponseText } from '../headers/own-response.js';
import type { IndexedSetMember } from '../io/indexed-set.js';
import type { LingeringClose } from '../io/lingering-close.js';
import { isPipeliningFull } from '../io/pipelining-limit.js';
import { responseTo, type Refusal } from '../request/refusal.js';
import { isRefusal, type RequestReader } from '../request/request-reader.js';
import type { FastLaneContext } from './context.js';
import type { DownstreamConnection } from './contracts.js';
import type { ExchangePool } from './exchange-pool.js';
import type { FastLaneExchange } from './exchange.js';
import { readBuffer, type SharedBufferSocket } from '../io/shared-read-buffer.js';
import { rawFieldsOf } from './wire-fields.js';
import { CLOSE_TAIL, linesOf } from './wire-headers.js';
import { WireRequest } from './wire-request.js';
import { isBackpressured } from './write-buffer.js';

/** How long a client may go on sending a body after its response. Milliseconds. */
const DISCARD_BODY_TIMEOUT_MS = 30_000;

const linesAsBytes = (headers: readonly string[]) => Buffer.from(linesOf(headers), 'latin1');

/** What connections need of their lane. */
export interface ConnectionOwner {
  readonly context: FastLaneContext;
  readonly requests: RequestReader;
  readonly exchanges: ExchangePool;
  /** The connection is closed, or is about to be handed over. */
  onLeave(connection: FastLaneConnection): void;
  /** The full lane takes over, with the bytes that were read and not served. */
  handOver(client: SharedBufferSocket, unread: Buffer): void;
}

export class FastLaneConnection implements DownstreamConnection, IndexedSetMember {
  setIndex = -1;
  readonly socket: Socket;
  readonly requestRule: ForwardingRule;
  /** When the lane calls {@link onTimeout}. Coarse milliseconds. */
  expiresAtMs: number;
  private readonly context: FastLaneContext;
  private readonly request: WireRequest;
  private readonly hopLines = new HopHeaderCache(linesAsBytes);
  private exchange: FastLaneExchange | undefined;
  /** Bytes that are not served yet: an incomplete head, or requests after the present one. */
  private waiting: Buffer | undefined;
  /** Frames an incomplete head. */
  private ownHead: RequestHead | undefined;
  /** Bytes of the last request's body that are still to arrive, and are dropped. */
  private bodyToDrop = 0;
  /** Whether the head of a request is waited for: the first one, or one that has begun. */
  private isHeadDue = true;
  private wantsClose = false;
  private requests = 0;

  constructor(
    private readonly owner: ConnectionOwner,
    private readonly reading: SharedBufferSocket,
  ) {
    this.context = owner.context;
    reading.redirect((length) => this.onRead(length));
    const { socket } = reading;
    this.socket = socket;
    const peer = owner.requests.peerOf(socket);
    this.request = new WireRequest(peer);
    this.requestRule = this.context.requestRuleFor(peer);
    this.expiresAtMs = this.context.clock.nowMs + this.context.headerTimeoutMs;
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
  }

  /** Whether no request is being served. */
  get isIdle(): boolean {
    return this.exchange === undefined;
  }

  get isLastResponse(): boolean {
    return this.wantsClose || this.context.isClosing;
  }

  resumeReading(): void {
    this.socket.resume();
  }

  relayInterimResponse(head: ResponseHead): number {
    const text = interimResponse(head.statusCode, rawFieldsOf(head));
    // Hints may be left out; a client that does not read gets no more of them.
    if (text === undefined || this.socket.writableNeedDrain) return 0;
    this.socket.write(text, 'latin1');
    return text.length;
  }

  onExchangeEnd(isLast: boolean): void {
    this.bodyToDrop = this.exchange?.bodyMissing ?? 0;
    this.recycleExchange();
    if (isLast) {
      this.end();
      return;
    }
    const timeoutMs = this.bodyToDrop > 0 ? DISCARD_BODY_TIMEOUT_MS : this.context.keepAliveMs;
    this.expiresAtMs = this.context.clock.nowMs + timeoutMs;
    if (isBackpressured(this.socket)) {
      this.socket.pause();
      return;
    }
    this.readOn();
    // Not within this call: a long row of requests that are responded to at once would fill the stack.
    if (this.waiting) queueMicrotask(this.serveWaiting);
  }

  onExchangeAbort(): void {
    this.recycleExchange();
    this.socket.destroy();
  }

  /** The client takes too long to send a head, sends no request, or does not read its responses. */
  onTimeout(): void {
    if (this.isHeadDue) {
      // A client that has sent nothing of a head is not counted.
      if (this.waiting) this.owner.requests.countRefusal('', { statusCode: 408 });
      this.leave().endWith(this.reading, bareErrorText(408));
    } else if (this.socket.writableLength > 0) this.socket.destroy();
    else if (this.bodyToDrop > 0) this.end();
    else this.socket.destroySoon();
  }

  private readonly serveWaiting = () => {
    const { waiting } = this;
    if (!waiting || this.exchange || this.socket.destroyed || isBackpressured(this.socket)) return;
    this.waiting = undefined;
    this.receive(waiting, waiting.length);
  };

  private readonly onDrain = () => {
    if (this.exchange) this.exchange.onClientDrain();
    else if (!this.socket.writableEnded) {
      this.readOn();
      this.serveWaiting();
    }
  };

  /** A client that ends its side is taken to have gone away, as in nginx and Node's server. */
  private readonly onEnd = () => {
    if (this.exchange) this.socket.destroy();
    else this.end();
  };

  private readonly onError = () => this.socket.destroy();

  private readonly onClose = () => {
    this.owner.onLeave(this);
    this.exchange?.onClientClose();
    this.recycleExchange();
  };

  /** Step 1, accept: bytes were read into the shared buffer. */
  private onRead(length: number): void {
    // After the last response nothing is served any more (RFC 9112 §9.6).
    if (!this.socket.writableEnded) this.receive(readBuffer, length);
  }

  /** Takes in the first `length` bytes. What is kept of them is copied. What a client sends must not end the process. */
  receive(bytes: Buffer, length: number): void {
    try {
      this.distribute(bytes, length);
    } catch (error) {
      this.context.reportDefect(error);
      this.socket.destroy();
    }
  }

  /** To the body that is dropped, the body of the present request, and the requests after it. */
  private distribute(bytes: Buffer, end: number): void {
    let at = 0;
    if (this.bodyToDrop > 0) {
      const dropped = Math.min(end - at, this.bodyToDrop);
      this.bodyToDrop -= dropped;
      at += dropped;
    }
    if (this.exchange) {
      at = this.receiveBody(this.exchange, bytes, at, end);
      if (at < end) this.wait(bytes, at, end);
    } else if (at < end) this.frame(bytes, at, end);
  }

  /** Returns where the body's part of the bytes ends. */
  private receiveBody(exchange: FastLaneExchange, bytes: Buffer, from: number, end: number): number {
    const length = Math.min(end - from, exchange.bodyMissing);
    if (length === 0) return from;
    const wantsMore = exchange.onBodyData(bytes.toString('latin1', from, from + length));
    if (!wantsMore) this.socket.pause();
    return from + length;
  }

  private wait(bytes: Buffer, from: number, end: number): void {
    const piece = bytes.subarray(from, end);
    if (this.waiting) this.waiting = Buffer.concat([this.waiting, piece]);
    else this.waiting = bytes === readBuffer ? Buffer.from(piece) : piece;
    if (this.exchange && isPipeliningFull(this.waiting)) this.socket.pause();
  }

  /** Step 2, frame the head: a request begins with the first of these bytes, or with those that wait before them. */
  private frame(bytes: Buffer, from: number, end: number): void {
    if (this.waiting) {
      const { waiting } = this;
      this.waiting = undefined;
      const whole = Buffer.concat([waiting, bytes.subarray(from, end)]);
      this.frame(whole, 0, whole.length);
      return;
    }
    const head = this.ownHead ?? this.context.heads.request;
    const length = head.frame(bytes, from, end);
    if (length === UNSUPPORTED) this.handOver(bytes, from, end);
    else if (length === INCOMPLETE) this.waitForHead(bytes, from, end);
    else this.serve(head, bytes, from, end);
  }

  private waitForHead(bytes: Buffer, from: number, end: number): void {
    if (!this.isHeadDue) this.expiresAtMs = this.context.clock.nowMs + this.context.headerTimeoutMs;
    this.isHeadDue = true;
    this.ownHead ??= this.context.heads.detachRequest();
    this.wait(bytes, from, end);
    // Reading is paused if the head came before the last response was complete. The head may exceed the pipelining limit.
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** Step 3, read and refuse: the head is complete, and the exchange takes over. */
  private serve(head: RequestHead, bytes: Buffer, from: number, end: number): void {
    const { owner, request, context } = this;
    if (context.isLeftToFullLane(head)) {
      this.handOver(bytes, from, end);
      return;
    }
    request.reset(head);
    const read = owner.requests.readFramed(request);
    if (isRefusal(read)) {
      if (read.own && request.bodyBytes === 0) this.respond(read, head, bytes, from + head.length, end);
      else this.handOver(bytes, from, end);
      return;
    }
    this.isHeadDue = false;
    this.expiresAtMs = Infinity;
    this.wantsClose = head.wantsClose || ++this.requests >= context.maxRequestsPerConnection;
    const exchange = owner.exchanges.acquire();
    this.exchange = exchange;
    exchange.reset(this, read, head, this.hopLines.of(request));
    const bodyStart = from + head.length;
    const bodyEnd = Math.min(end, bodyStart + request.bodyBytes);
    if (bodyEnd < end) this.wait(bytes, bodyEnd, end);
    if (!exchange.start(bytes, bodyStart, bodyEnd)) this.socket.pause();
    else if (this.exchange === exchange) this.readOn();
  }

  /** Sends a response of the balancer's own to a request without a body. What follows it is `bytes` from `from`. */
  private respond(
    refusal: Refusal,
    { wantsClose, method }: RequestHead,
    bytes: Buffer,
    from: number,
    end: number,
  ): void {
    const { context, request } = this;
    const { ids, date } = context;
    this.isHeadDue = false;
    this.wantsClose = wantsClose || ++this.requests >= context.maxRequestsPerConnection;
    const isLast = this.isLastResponse;
    const { connection } = isLast ? CLOSE_TAIL : context.keepAliveTail;
    this.owner.requests.countRefusal(method, refusal);
    const response = responseTo(refusal, ids.of(ids.given(request)), undefined);
    this.socket.write(ownResponseText(response, { date, connection, method }), 'latin1');
    if (from < end) this.wait(bytes, from, end);
    this.onExchangeEnd(isLast);
  }

  /** Resumes reading, unless too many bytes wait: one read for each response would let them grow without limit. */
  private readOn(): void {
    if (this.socket.isPaused() && !isPipeliningFull(this.waiting)) this.socket.resume();
  }

  /** To the full lane, with everything that was not served. */
  private handOver(bytes: Buffer, from: number, end: number): void {
    const { socket } = this;
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    socket.off('close', this.onClose);
    this.owner.onLeave(this);
    if (socket.isPaused()) socket.resume();
    this.owner.handOver(this.reading, bytes.subarray(from, end));
  }

  private recycleExchange(): void {
    const { exchange } = this;
    this.exchange = undefined;
    if (exchange) this.owner.exchanges.recycle(exchange);
  }

  private end(): void {
    this.leave().end(this.reading);
  }

  /** Nothing is served any more: who closes the connection takes it over. */
  private leave(): LingeringClose {
    this.owner.onLeave(this);
    return this.context.lingering;
  }
}
