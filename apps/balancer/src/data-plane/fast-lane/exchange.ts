// One exchange in the fast lane: the request goes to a backend as it was put together from what was read of it, and the
// answer goes to the client as it comes in.
import { INCOMPLETE, UNSUPPORTED, type RequestHead, type ResponseHead } from '@fairlead/http1';
import { describeError } from '../../net/network-error.js';
import { ResponseBody, type BodySink } from './response-body.js';
import { ResponseHeadReader } from './response-head-reader.js';
import { InvalidResponseError, type AttemptAbortedError } from '../exchange/attempt-error.js';
import type { ReadRequest } from '../request/request-reader.js';
import { placementHeader } from '../headers/demand-headers.js';
import { CLOSE_LINES, costReports, appendResponseHead } from './wire-headers.js';
import type { FastLaneExchange, DownstreamConnection } from './contracts.js';
import type { FastLaneContext, Wakeable } from './context.js';
import { LaneExchange } from '../exchange/attempt-loop.js';
import { isBackpressured } from './write-buffer.js';
import { errorText } from '../headers/error-response.js';
import { isIdempotent } from '../exchange/retry-policy.js';
import { ForwardedRequestHead } from './request-buffer.js';
import { readBuffer } from './shared-read-buffer.js';
import { RequestBodyBuffer } from './request-body-buffer.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connections.js';

const EMPTY_HEADERS: readonly string[] = [];

export class FastExchange extends LaneExchange implements FastLaneExchange, UpstreamUser, BodySink, Wakeable {
  /** Among the active ones. */
  setIndex = -1;
  /** When it is to be looked after next, and how long bytes may stand still until then. Coarse milliseconds. */
  wakesAtMs = Infinity;
  private patienceMs = Infinity;
  private client!: DownstreamConnection;
  private head!: ReadRequest;
  /** The request's head as it goes on. */
  private readonly forwarded = new ForwardedRequestHead();
  private upstream: UpstreamConnection | undefined;
  private readonly upload: RequestBodyBuffer;
  private readonly reader: ResponseHeadReader;
  private readonly body: ResponseBody;
  private isPersistent = false;
  private announcedSeconds = -1;
  /** Whether the client was told that this is the last answer on its connection. */
  private isLast = false;
  private isOver = true;

  constructor(private readonly services: FastLaneContext) {
    super(services.desk, services.limits);
    this.reader = new ResponseHeadReader(services, (interim) => this.client.relayInterimResponse(interim));
    this.upload = new RequestBodyBuffer(services.retryBufferBytes);
    this.body = new ResponseBody(services.trailers, this);
  }

  reset(client: DownstreamConnection, head: ReadRequest, framed: RequestHead, lines: readonly [Buffer, Buffer]): void {
    const bodyBytes = Math.max(0, framed.contentLength);
    this.client = client;
    this.head = head;
    this.forwarded.reset(framed, lines);
    this.isOver = false;
    this.upload.reset(bodyBytes);
    this.take(head, bodyBytes > 0);
  }

  start(bytes: Buffer, from: number, end: number): boolean {
    const { upload } = this;
    this.services.active.add(this);
    if (from === end) {
      this.tryNext();
      return true;
    }
    upload.borrow(bytes, from, end);
    if (upload.missing === 0) this.uploaded();
    this.tryNext();
    upload.endBorrow(isIdempotent(this.head.method));
    return this.isOver || (!this.isUploadHeldUp && !this.isUploadFull);
  }

  get bodyMissing(): number {
    return this.upload.missing;
  }

  receiveBody(piece: string): boolean {
    const { upload, upstream } = this;
    upload.add(piece);
    this.feed();
    if (!this.isOver && upstream && !this.upstreamIsOpening) upstream.socket.write(piece, 'latin1');
    if (upload.missing === 0) this.uploaded();
    return this.isOver || (!this.isUploadHeldUp && !this.isUploadFull);
  }

  onClientClose(): void {
    if (this.isOver) return;
    this.upstream?.discard();
    this.finish();
  }

  onClientDrain(): void {
    this.feed();
    this.upstream?.resume();
  }

  /** The lane's clock has come to {@link wakesAtMs}. */
  wake(): void {
    this.wakesAtMs = Infinity;
    this.timeIsUp();
  }

  opened(): void {
    this.sendRequest();
  }

  openingIsSlow(): void {
    this.exchange.onSlowConnect(
      `exchange failed: no connection within ${this.services.pool.settings.slowConnectMs} ms`,
    );
  }

  drained(): void {
    this.feed();
    this.client.resumeReading();
  }

  received(length: number): void {
    this.feed();
    if (this.isAttempting) this.receiveHead(length);
    else this.body.onData(readBuffer, 0, length);
  }

  ended(error: NodeJS.ErrnoException | undefined): void {
    const { upstream } = this;
    this.upstream = undefined;
    if (this.isOver) return;
    this.upload.rewind();
    if (this.isAttempting)
      this.attemptBroke(error ?? new Error('closed without an answer'), upstream?.isReused === true);
    else if (error !== undefined || !this.body.endsWithConnection()) {
      this.answerBroke(`cut off in mid-answer: ${describeError(error ?? new Error('closed'))}`);
    }
  }

  protected override get isBodyReplayable(): boolean {
    return this.upload.isReplayable;
  }

  protected override get isUploadHeldUp(): boolean {
    return this.upstream !== undefined && isBackpressured(this.upstream.socket);
  }

  protected override get isDownloadHeldUp(): boolean {
    return this.client.socket.writableLength > 0;
  }

  protected override watch(ms: number): void {
    this.patienceMs = ms;
    this.wakesAtMs = this.services.nowMs + ms;
  }

  protected override attempt(): void {
    const { backend } = this.exchange;
    if (!backend) throw new Error('an attempt was made without a backend');
    const upstream = this.services.pool.take(backend, !isIdempotent(this.head.method));
    this.upstream = upstream;
    this.upload.rewind();
    this.reader.reset();
    upstream.user = this;
    if (!upstream.socket.connecting) this.sendRequest();
  }

  protected override breakOffAttempt(error: AttemptAbortedError | InvalidResponseError): void {
    const { upstream } = this;
    this.upstream = undefined;
    upstream?.discard();
    this.upload.rewind();
    this.attemptBroke(error, upstream?.isReused === true);
  }

  protected override breakOffAnswer(): void {
    const { client } = this;
    this.upstream?.discard();
    this.finish();
    client.onExchangeAbort();
  }

  protected override answer(statusCode: number, message: string): void {
    this.upstream?.discard();
    this.upstream = undefined;
    this.status = statusCode;
    const isLast = statusCode === 408 || this.client.isLastResponse;
    const { connection } = isLast ? CLOSE_LINES : this.services.keepAliveLines;
    const { date } = this.services;
    const text = errorText(statusCode, message, { date, connection, method: this.head.method });
    const { client } = this;
    client.socket.write(text, 'latin1');
    this.finish();
    client.onExchangeEnd(isLast);
  }

  /** Whether nobody takes the body yet, and as much is kept as may be. */
  private get isUploadFull(): boolean {
    return this.upload.isFull && (!this.upstream || this.upstreamIsOpening);
  }

  private get upstreamIsOpening(): boolean {
    return this.upstream?.socket.connecting === true;
  }

  /** Bytes move: whoever watches that they do begins anew. */
  private feed(): void {
    const isWatchingBytes = !this.isAttempting || this.bodyMissing > 0;
    if (isWatchingBytes) this.wakesAtMs = this.services.nowMs + this.patienceMs;
  }

  private sendRequest(): void {
    const { upstream, upload, head, forwarded } = this;
    if (!upstream) return;
    const { writeBuffer } = this.services;
    const { prefix } = upstream.address;
    if (upload.isEmpty && prefix === '') forwarded.send(upstream.socket);
    else {
      forwarded.appendTo(writeBuffer, prefix, head.method);
      upload.appendTo(writeBuffer);
      writeBuffer.flush(upstream.socket);
    }
    if (upload.missing > 0) this.client.resumeReading();
  }

  private receiveHead(length: number): void {
    const head = this.reader.read(readBuffer, length, this.head.method);
    if (head === UNSUPPORTED)
      this.breakOffAttempt(new InvalidResponseError('the backend answered something that is no HTTP/1.1 answer'));
    else if (head !== INCOMPLETE) this.beginAnswer(head);
  }

  private beginAnswer(head: ResponseHead): void {
    const { exchange, services, client } = this;
    this.isPersistent = head.isPersistent && this.bodyMissing === 0;
    const own = this.head.wantsPlacement
      ? placementHeader(exchange.backend?.id, this.head.demand, services.resources)
      : EMPTY_HEADERS;
    const isChunked = head.bodyEnd === 'chunked' || head.bodyEnd === 'close';
    this.announcedSeconds = head.keepAliveSeconds;
    this.isLast = client.isLastResponse;
    const connection = this.isLast ? CLOSE_LINES : services.keepAliveLines;
    const { bytes, headFrom, from, end } = this.reader;
    // Before anything is put into the outbox: the registry may hear of it, and have others write.
    this.answerBegan(head.statusCode, costReports(head));
    if (this.isOver) return;
    appendResponseHead(services.writeBuffer, head, from - headFrom, {
      own,
      isChunked,
      connection,
      date: services.date,
    });
    this.body.reset(head.bodyEnd, head.contentLength);
    this.body.start(bytes, from, end);
  }

  append(text: string): void {
    this.services.writeBuffer.append(text);
  }

  /** Copied together with what was put before. */
  write(bytes: Buffer, from: number, end: number): void {
    this.send(bytes, from, end);
    if (isBackpressured(this.client.socket)) this.upstream?.pause();
  }

  onBodyEnd(bytes: Buffer, from: number, end: number, isClean: boolean): void {
    const { upstream, client, exchange, services } = this;
    this.upstream = undefined;
    const nowMs = exchange.completeAttempt();
    this.send(bytes, from, end);
    // What came behind the answer is anybody's guess.
    if (upstream && this.isPersistent && isClean) {
      services.pool.served(upstream, this.announcedSeconds);
      upstream.release();
    } else upstream?.discard();
    this.finish(nowMs);
    client.onExchangeEnd(this.isLast);
  }

  private send(bytes: Buffer, from: number, end: number): void {
    const { writeBuffer } = this.services;
    if (from < end) writeBuffer.appendBytes(bytes, from, end);
    writeBuffer.flush(this.client.socket);
  }

  onBodyError(reason: string): void {
    this.answerBroke(`cut off in mid-answer: ${reason}`);
  }

  /** `nowMs`: monotonic, for whoever knows. */
  private finish(nowMs?: number): void {
    if (this.isOver) return;
    this.isOver = true;
    this.wakesAtMs = Infinity;
    this.upstream = undefined;
    this.upload.release();
    this.services.active.delete(this);
    this.exchange.end(this.status, nowMs);
    this.services.recycle(this);
  }
}
