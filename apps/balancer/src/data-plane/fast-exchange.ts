// One exchange in the fast lane: the request goes to a backend as text put together from what was read of it, and the
// answer's bytes go to the client as they come in, without a copy where that can be.
import { INCOMPLETE, OUTSIDE, type ResponseHead } from '@fairlead/http1';
import type { Socket } from 'node:net';
import { wordsFor } from '../health/network-errors.js';
import { AnswerBody, type BodySink } from './answer-body.js';
import { AnswerHeadReader } from './answer-head-reader.js';
import { NonsenseError, type BrokenOff } from './attempt-failure.js';
import type { ClientRequest } from './client-request.js';
import { placementHeader } from './demand-headers.js';
import { CLOSE_LINES, answerHead, costReports } from './fast-head.js';
import type { FastServices, Wakeable } from './fast-services.js';
import { LaneExchange } from './lane-exchange.js';
import { problemText } from './problem-response.js';
import { isIdempotent } from './retry.js';
import { UploadBuffer } from './upload-buffer.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-pool.js';

/** Up to this size an answer's head and the body that came with it are written as one text. */
const ONE_TEXT_BYTES = 65_536;
const NOTHING: readonly string[] = [];

/** The client's connection, as its present exchange sees it. */
export interface ExchangeClient {
  readonly socket: Socket;
  /** Called when a piece is written that had to be known to be. */
  readonly onWritten: () => void;
  /** Whether the connection ends with the present answer. */
  readonly isLastAnswer: boolean;
  /** More of the body is wanted. */
  resumeReading(): void;
  /** Passes an interim answer on. */
  relayInterim(head: ResponseHead): void;
  /** The request is answered; `isLast`: the connection ends. */
  exchangeOver(isLast: boolean): void;
}

export class FastExchange extends LaneExchange implements UpstreamUser, BodySink, Wakeable {
  /** When it is to be looked after next, and how long bytes may stand still until then. Coarse milliseconds. */
  wakesAtMs = Infinity;
  private patienceMs = Infinity;
  private upstream: UpstreamConnection | undefined;
  private readonly upload: UploadBuffer | undefined;
  private readonly reader: AnswerHeadReader;
  private body: AnswerBody | undefined;
  private isPersistent = false;
  private announcedSeconds = -1;
  /** Whether the client was told that this is the last answer on its connection. */
  private isLast = false;
  private isOver = false;

  constructor(
    private readonly services: FastServices,
    private readonly client: ExchangeClient,
    protected override readonly head: ClientRequest,
    /** The request's head as it goes on. */
    private readonly forwarded: string,
    bodyBytes: number,
  ) {
    super(services.desk, head, services.limits, bodyBytes > 0);
    this.reader = new AnswerHeadReader(services, (interim) => client.relayInterim(interim));
    this.upload = bodyBytes > 0 ? new UploadBuffer(bodyBytes, services.retryBufferBytes) : undefined;
  }

  begin(): void {
    this.services.active.add(this);
    this.tryNext();
  }

  /** Whether more of the request's body is to come. */
  get bodyMissing(): number {
    return this.upload?.missing ?? 0;
  }

  /** A piece of the request's body came in. Answers whether the backend takes more. */
  receiveBody(piece: Buffer): boolean {
    const { upload, upstream } = this;
    if (!upload) return true;
    upload.add(piece);
    this.feed();
    const isTaken = this.isOver || !upstream || this.upstreamIsOpening || upstream.socket.write(piece);
    if (upload.missing === 0) this.uploaded();
    return isTaken && !(upload.isHeld && (!upstream || this.upstreamIsOpening));
  }

  /** The client went away. */
  clientClosed(): void {
    if (this.isOver) return;
    this.upstream?.discard();
    this.finish();
  }

  /** What was held up towards the client is written. */
  clientDrained(): void {
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
    this.exchange.connectIsSlow(
      `exchange failed: no connection within ${this.services.pool.settings.slowConnectMs} ms`,
    );
  }

  drained(): void {
    this.feed();
    this.client.resumeReading();
  }

  received(bytes: Buffer, length: number): void {
    this.feed();
    if (this.isAttempting) this.receiveHead(bytes, length);
    else this.body?.receive(bytes, 0, length);
  }

  ended(error: NodeJS.ErrnoException | undefined): void {
    const { upstream } = this;
    this.upstream = undefined;
    if (this.isOver) return;
    this.upload?.rewind();
    if (this.isAttempting)
      this.attemptBroke(error ?? new Error('closed without an answer'), upstream?.isReused === true);
    else if (error !== undefined || this.body?.endsWithConnection() !== true) {
      this.answerBroke(`cut off in mid-answer: ${wordsFor(error ?? new Error('closed'))}`);
    }
  }

  protected override get isBodyAtHand(): boolean {
    return this.upload?.isAtHand ?? true;
  }

  protected override get isUploadHeldUp(): boolean {
    return this.upstream?.socket.writableNeedDrain === true;
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
    this.upload?.rewind();
    this.reader.reset();
    upstream.user = this;
    if (!upstream.socket.connecting) this.sendRequest();
  }

  protected override breakOffAttempt(error: BrokenOff | NonsenseError): void {
    const { upstream } = this;
    this.upstream = undefined;
    upstream?.discard();
    this.upload?.rewind();
    this.attemptBroke(error, upstream?.isReused === true);
  }

  protected override breakOffAnswer(): void {
    this.upstream?.discard();
    this.client.socket.destroy();
    this.finish();
  }

  protected override answer(statusCode: number, message: string): void {
    this.upstream?.discard();
    this.upstream = undefined;
    this.status = statusCode;
    const isLast = statusCode === 408 || this.client.isLastAnswer;
    const connection = isLast ? CLOSE_LINES : this.services.keepAliveLines;
    const { date } = this.services;
    const text = problemText(statusCode, message, { date, connection, method: this.head.method });
    this.client.socket.write(text, 'latin1');
    this.finish();
    this.client.exchangeOver(isLast);
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
    const { prefix } = upstream.address;
    const { method } = head;
    const text = prefix === '' ? forwarded : `${method} ${prefix}${forwarded.slice(method.length + 1)}`;
    if (upload === undefined) upstream.socket.write(text, 'latin1');
    else if (upload.held.length === 1 && upload.held[0].length <= ONE_TEXT_BYTES) {
      this.writeJoint(upstream.socket, text, upload.held[0], 0, upload.held[0].length);
    } else {
      upstream.socket.cork();
      upstream.socket.write(text, 'latin1');
      for (const piece of upload.held) upstream.socket.write(piece);
      upstream.socket.uncork();
    }
    upload?.sent();
    if (upload && upload.missing > 0) this.client.resumeReading();
  }

  private receiveHead(piece: Buffer, length: number): void {
    const head = this.reader.read(piece, length, this.head.method);
    if (head === OUTSIDE)
      this.breakOffAttempt(new NonsenseError('the backend answered something that is no HTTP/1.1 answer'));
    else if (head !== INCOMPLETE) this.beginAnswer(head);
  }

  private beginAnswer(head: ResponseHead): void {
    const { exchange, services, client } = this;
    this.isPersistent = head.isPersistent && this.bodyMissing === 0;
    const own = this.head.wantsPlacement
      ? placementHeader(exchange.backend?.id, this.head.demand, services.resources)
      : NOTHING;
    const isChunked = head.bodyEnd === 'chunked' || head.bodyEnd === 'close';
    this.announcedSeconds = head.keepAliveSeconds;
    this.isLast = client.isLastAnswer;
    const connection = this.isLast ? CLOSE_LINES : services.keepAliveLines;
    const text = answerHead(head, { own, isChunked, connection, date: services.date });
    this.answerBegan(head.statusCode, costReports(head));
    this.body = new AnswerBody(head.bodyEnd, head.contentLength, services.trailers, this);
    const { bytes, from, end } = this.reader;
    this.body.begin(text, bytes, from, end, ONE_TEXT_BYTES);
  }

  /** Copied together, into a buffer that is used again once the system has taken it all. */
  write(text: string, bytes: Buffer, from: number, end: number): void {
    this.send(text, bytes, from, end);
    if (this.client.socket.writableNeedDrain) this.upstream?.pause();
  }

  /** Not copied: nothing is read into the buffer until it is written. */
  writePiece(piece: Buffer): void {
    const { socket } = this.client;
    socket.write(piece, this.client.onWritten);
    if (socket.writableLength > 0) this.upstream?.pause();
  }

  complete(text: string, bytes: Buffer, from: number, end: number, isClean: boolean): void {
    const { upstream, client, exchange, services } = this;
    this.upstream = undefined;
    exchange.attemptAnswered();
    this.send(text, bytes, from, end);
    // What came behind the answer is anybody's guess.
    if (upstream && this.isPersistent && isClean) {
      services.pool.served(upstream, this.announcedSeconds);
      upstream.release();
    } else upstream?.discard();
    this.finish();
    client.exchangeOver(this.isLast);
  }

  private send(text: string, bytes: Buffer, from: number, end: number): void {
    if (text.length > 0 || end > from) this.writeJoint(this.client.socket, text, bytes, from, end);
  }

  /** Text and bytes in one write. */
  private writeJoint(socket: Socket, text: string, bytes: Buffer, from: number, end: number): void {
    const joint = this.services.joint(text.length + end - from);
    const textEnd = text.length === 0 ? 0 : joint.write(text, 0, 'latin1');
    const jointEnd = textEnd + bytes.copy(joint, textEnd, from, end);
    socket.write(jointEnd === joint.length ? joint : joint.subarray(0, jointEnd));
    if (socket.writableLength > 0) this.services.jointIsTaken();
  }

  broke(reason: string): void {
    this.answerBroke(`cut off in mid-answer: ${reason}`);
  }

  private finish(): void {
    this.isOver = true;
    this.wakesAtMs = Infinity;
    this.upstream = undefined;
    this.services.active.delete(this);
    this.exchange.end(this.status);
  }
}
