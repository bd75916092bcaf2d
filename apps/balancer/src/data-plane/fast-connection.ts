// A client's connection in the fast lane: one request after another, each from its first byte to the last of its answer,
// until one comes that this lane does not know. With that one it goes to the full lane, and stays there.
import type { Socket } from 'node:net';
import { INCOMPLETE, OUTSIDE, type RequestHead, type ResponseHead } from '@fairlead/http1';
import { interimAnswer } from './answer-relay.js';
import { isRefusal } from './client-request.js';
import { addressOf } from './client-trust.js';
import { FastExchange, type ExchangeClient } from './fast-exchange.js';
import { OwnRequestLines, REQUEST_RULE, fieldOf } from './fast-head.js';
import type { FastServices, HeldConnection } from './fast-services.js';

/** Requests that wait behind the present one are read up to here. Bytes. */
const MOST_WAITING = 65_536;
/** What a client gets that took too long to send a request's head; the words are Node's. */
const LATE_HEAD = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
/** How long a client may go on sending a body after its answer. Milliseconds. */
const LINGER_MS = 30_000;

export class FastConnection implements ExchangeClient, HeldConnection {
  /** For writes that have to be known done; one for all. */
  readonly onWritten = () => this.exchange?.clientDrained();
  /** When it is closed unless something happens before. Coarse milliseconds. */
  closesAtMs: number;
  private readonly clientAddress: string;
  private readonly isTrusted: boolean;
  private readonly ownLines: OwnRequestLines;
  private exchange: FastExchange | undefined;
  /** Bytes that are not served yet: an incomplete head, or requests behind the present one. */
  private waiting: Buffer | undefined;
  private ownHead: RequestHead | undefined;
  /** Bytes of an answered request's body that are still to come, and are dropped. */
  private bodyToDrop = 0;
  /** Whether a request's head is being waited for: the first, or one that has begun. */
  private isHeadDue = true;
  private wantsClose = false;

  constructor(
    private readonly services: FastServices,
    readonly socket: Socket,
  ) {
    this.clientAddress = addressOf(socket);
    this.isTrusted = services.requests.isTrusted(this.clientAddress);
    this.ownLines = new OwnRequestLines(this.clientAddress, this.isTrusted, services.resources);
    this.closesAtMs = services.nowMs + services.headerTimeoutMs;
    socket.on('data', this.onData);
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
  get isLastAnswer(): boolean {
    return this.wantsClose || this.services.isClosing;
  }

  /** The backend takes more of the body. */
  resumeReading(): void {
    this.socket.resume();
  }

  /** Passes an interim answer on. */
  relayInterim(head: ResponseHead): void {
    const text = interimAnswer(head.statusCode, fieldsOf(head));
    // Hints may be left out; whoever does not read gets no more of them.
    if (text !== undefined && !this.socket.writableNeedDrain) this.socket.write(text, 'latin1');
  }

  /** The present request is answered. */
  exchangeOver(isLast: boolean): void {
    this.bodyToDrop = this.exchange?.bodyMissing ?? 0;
    this.exchange = undefined;
    if (isLast) {
      // To hear that the client closes, too.
      this.socket.resume();
      this.end();
      return;
    }
    this.closesAtMs = this.services.nowMs + (this.bodyToDrop > 0 ? LINGER_MS : this.services.keepAliveMs);
    if (this.socket.writableNeedDrain) {
      this.socket.pause();
      return;
    }
    if (this.socket.isPaused()) this.socket.resume();
    // Not here: a long row of requests that are answered at once would fill the stack.
    if (this.waiting) queueMicrotask(this.serveWaiting);
  }

  /** It takes too long to say what it wants, or has wanted nothing for too long, or does not read its answers. */
  close(): void {
    this.closesAtMs = this.services.nowMs + LINGER_MS;
    if (this.isHeadDue) this.socket.end(LATE_HEAD);
    else if (this.socket.writableLength > 0 || this.socket.writableEnded) this.socket.destroy();
    else this.socket.destroySoon();
  }

  private readonly serveWaiting = () => {
    const { waiting } = this;
    if (!waiting || this.exchange || this.socket.destroyed || this.socket.writableNeedDrain) return;
    this.waiting = undefined;
    this.receive(waiting);
  };

  private readonly onData = (bytes: Buffer) => {
    // Behind the last answer nothing is served any more (RFC 9112 §9.6).
    if (!this.socket.writableEnded) this.receive(bytes);
  };

  private readonly onDrain = () => {
    if (this.exchange) this.exchange.clientDrained();
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
    this.services.connections.delete(this);
    this.exchange?.clientClosed();
    this.exchange = undefined;
  };

  private receive(bytes: Buffer): void {
    let rest = bytes;
    if (this.bodyToDrop > 0) {
      const dropped = Math.min(rest.length, this.bodyToDrop);
      this.bodyToDrop -= dropped;
      rest = rest.subarray(dropped);
    }
    if (this.exchange) {
      const missing = this.exchange.bodyMissing;
      if (missing > 0) {
        const piece = rest.length > missing ? rest.subarray(0, missing) : rest;
        if (!this.exchange.receiveBody(piece)) this.socket.pause();
        rest = rest.subarray(piece.length);
      }
      if (rest.length > 0) this.wait(rest);
    } else if (rest.length > 0) this.serve(this.waiting ? Buffer.concat([this.waiting, rest]) : rest);
  }

  private wait(bytes: Buffer): void {
    this.waiting = this.waiting ? Buffer.concat([this.waiting, bytes]) : bytes;
    if (this.waiting.length > MOST_WAITING) this.socket.pause();
  }

  /** A request begins with the first of these bytes. */
  private serve(bytes: Buffer): void {
    const head = this.ownHead ?? this.services.requestHead;
    const length = head.frame(bytes, 0, bytes.length);
    if (length === OUTSIDE) this.handOver(bytes);
    else if (length === INCOMPLETE) this.waitForHead(bytes);
    else this.begin(head, bytes, length);
  }

  private waitForHead(bytes: Buffer): void {
    if (!this.isHeadDue) this.closesAtMs = this.services.nowMs + this.services.headerTimeoutMs;
    this.isHeadDue = true;
    this.waiting = bytes;
    this.ownHead ??= this.services.lendRequestHead();
  }

  private begin(head: RequestHead, bytes: Buffer, length: number): void {
    const { method, target } = head;
    const bodyBytes = Math.max(0, head.contentLength);
    const read = this.services.requests.readPlain({
      client: this.clientAddress,
      isTrusted: this.isTrusted,
      method,
      target,
      bodyBytes,
      field: (name) => fieldOf(head, name),
    });
    if (isRefusal(read)) {
      this.handOver(bytes);
      return;
    }
    this.waiting = undefined;
    this.isHeadDue = false;
    this.closesAtMs = Infinity;
    this.wantsClose = head.wantsClose;
    const forwarded = head.forwardedHead(REQUEST_RULE) + this.ownLines.of(head, read);
    const exchange = new FastExchange(this.services, this, read, forwarded, bodyBytes);
    this.exchange = exchange;
    const rest = bytes.length > length ? bytes.subarray(length) : undefined;
    if (rest && bodyBytes === 0) this.wait(rest);
    else if (rest) this.receive(rest);
    exchange.begin();
  }

  /** To the full lane, with all that was not served. */
  private handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.onData);
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    socket.off('close', this.onClose);
    this.services.connections.delete(this);
    this.services.handOver(socket, bytes);
  }

  private end(): void {
    // Whoever goes on sending has had its answer; the connection ends in any case.
    this.closesAtMs = this.services.nowMs + LINGER_MS;
    this.socket.end();
  }
}

function fieldsOf({ fields }: ResponseHead): string[] {
  const raw: string[] = [];
  for (let place = 0; place < fields.count; place++) raw.push(fields.nameText(place), fields.valueText(place));
  return raw;
}
