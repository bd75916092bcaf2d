// One exchange in the fast lane: the request goes to a backend as the bytes it was assembled from, and the response to
// the client as it arrives.
import type { MirrorConfig } from '@fairlead/traffic-config';
import { INCOMPLETE, UNSUPPORTED, type RequestHead, type ResponseHead } from '@fairlead/http1';
import { monotonicMs } from '../../clock/monotonic.js';
import { describeError } from '../../net/network-error.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import { InvalidResponseError, type AttemptAbortedError } from '../exchange/attempt-error.js';
import { AttemptLoop } from '../exchange/attempt-loop.js';
import type { LaneTransport } from '../exchange/lane-transport.js';
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import { isIdempotent } from '../exchange/retry-policy.js';
import { errorPages } from '../headers/error-pages.js';
import { errorResponse, type ErrorFields } from '../headers/error-response.js';
import { ownResponseText } from '../headers/own-response.js';
import { withRequestId } from '../headers/request-id-header.js';
import type { ReadRequest } from '../request/request-reader.js';
import type { FastLaneContext } from './context.js';
import type { DownstreamConnection } from './contracts.js';
import { NO_CLIENT, NO_REQUEST } from './pooled.js';
import { RequestBodyBuffer } from './request-body-buffer.js';
import { ForwardedRequestHead } from './request-buffer.js';
import { ResponseBody, type BodySink } from './response-body.js';
import { ResponseHeadReader } from './response-head-reader.js';
import { readBuffer } from '../io/shared-read-buffer.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connections.js';
import { WireDetails } from './wire-details.js';
import { costReports } from './wire-fields.js';
import { CLOSE_TAIL, appendResponseHead, responseTail } from './wire-headers.js';
import { isBackpressured } from './write-buffer.js';

/** Serves one request after another, of any client: {@link reset} may follow once the client's connection was told. */
export class FastLaneExchange implements LaneTransport, UpstreamUser, BodySink {
  readonly details: WireDetails;
  private readonly loop: AttemptLoop;
  private client: DownstreamConnection = NO_CLIENT;
  private head: ReadRequest = NO_REQUEST;
  private readonly forwarded: ForwardedRequestHead;
  private readonly requestBody: RequestBodyBuffer;
  private readonly reader: ResponseHeadReader;
  private readonly responseBody: ResponseBody;
  private upstream: UpstreamConnection | undefined;
  /** Of the response: whether the backend keeps its connection, and for how many seconds it says so (-1: it does not). */
  private isPersistent = false;
  private announcedSeconds = -1;
  /** Whether the client was told that this is the last response on its connection. */
  private isLast = false;

  constructor(
    private readonly context: FastLaneContext,
    factory: ExchangeFactory,
  ) {
    this.loop = new AttemptLoop(factory, context.limits, context.clock, this);
    this.forwarded = new ForwardedRequestHead(context.ids);
    this.requestBody = new RequestBodyBuffer(context.retryBufferBytes);
    this.details = new WireDetails(this.forwarded, this.requestBody);
    this.reader = new ResponseHeadReader(context.heads, (interim) => {
      this.details.bytesOut += this.client.relayInterimResponse(interim);
    });
    this.responseBody = new ResponseBody(context.heads.trailers, this);
  }

  /** Bytes of the request's body that are still to arrive. */
  get bodyMissing(): number {
    return this.requestBody.missing;
  }

  /** Begins with a request of `client`. Its head is kept as it is forwarded: the fields of `framed`, then `hopLines`. */
  reset(client: DownstreamConnection, head: ReadRequest, framed: RequestHead, hopLines: Buffer): void {
    const bodyBytes = Math.max(0, framed.contentLength);
    this.client = client;
    this.head = head;
    const demandLines = this.context.demandLines.of(head.demand);
    const { requestChanges: changes } = head.route;
    const rule = changes
      ? this.context.routeRules.forRequests(changes.headers, client.requestRule)
      : client.requestRule;
    this.forwarded.reset(framed, rule, hopLines, demandLines, head.givenId, changes);
    this.requestBody.reset(bodyBytes);
    this.details.reset(head.peer);
    this.loop.start(head, bodyBytes > 0);
  }

  /**
   * Makes the first attempt. What arrived of the body with the head is `bytes` from `from` to before `end`; mostly it is
   * sent at once and not copied. Returns whether to read more of the body.
   */
  start(bytes: Buffer, from: number, end: number): boolean {
    const { requestBody, loop } = this;
    if (from === end) {
      loop.tryNext();
      return true;
    }
    requestBody.borrow(bytes, from, end);
    if (requestBody.missing === 0) loop.onRequestSent();
    loop.tryNext();
    if (!loop.isIdle) requestBody.endBorrow(isIdempotent(this.head.method) || this.head.route.mirror !== undefined);
    return this.wantsBody;
  }

  /** A piece of the request's body arrived. Returns whether to read more of it. */
  onBodyData(piece: string): boolean {
    const { requestBody, upstream, loop } = this;
    requestBody.add(piece);
    loop.onBytes(piece.length);
    if (!loop.isIdle && upstream?.isOpen === true) upstream.socket.write(piece, 'latin1');
    if (requestBody.missing === 0) loop.onRequestSent();
    return this.wantsBody;
  }

  /** The client has closed its connection. */
  onClientClose(): void {
    this.upstream?.discard();
    this.end();
  }

  /** What was backpressured towards the client is written. */
  onClientDrain(): void {
    this.loop.onBytes(0);
    this.upstream?.resume();
  }

  assertGeneration(generation: number): void {
    this.loop.exchange.assertGeneration(generation);
  }

  onUpstreamOpen(): void {
    this.sendRequest();
  }

  onSlowConnect(): void {
    this.loop.onSlowConnect();
  }

  onUpstreamDrain(): void {
    this.loop.onBytes(0);
    this.client.resumeReading();
  }

  onUpstreamData(length: number): void {
    this.loop.onBytes(length);
    if (this.loop.isAttempting) this.readHead(length);
    else this.responseBody.onData(readBuffer, 0, length);
  }

  onUpstreamEnd(error: NodeJS.ErrnoException | undefined): void {
    const { upstream, loop } = this;
    this.upstream = undefined;
    this.requestBody.rewind();
    if (loop.isAttempting) {
      loop.onAttemptError(error ?? new Error('closed without a response'), upstream?.isReused === true);
    } else if (error !== undefined || !this.responseBody.endsWithConnection()) {
      loop.onResponseError(describeError(error ?? new Error('closed')));
    }
  }

  get isBodyReplayable(): boolean {
    return this.requestBody.isReplayable;
  }

  get isUpstreamBackpressured(): boolean {
    return this.upstream !== undefined && isBackpressured(this.upstream.socket);
  }

  get isDownstreamBackpressured(): boolean {
    return this.client.socket.writableLength > 0;
  }

  /** Step 7, send: over an idle connection at once, over a new one when it is open. */
  startAttempt(backend: FleetBackend): void {
    const upstream = this.context.upstreams.acquire(backend, !isIdempotent(this.head.method));
    this.upstream = upstream;
    this.requestBody.rewind();
    this.reader.reset();
    upstream.use(this, this.loop.exchange.generation);
    if (upstream.isOpen) this.sendRequest();
  }

  abortAttempt(error: AttemptAbortedError | InvalidResponseError): void {
    const { upstream } = this;
    this.upstream = undefined;
    upstream?.discard();
    this.requestBody.rewind();
    this.loop.onAttemptError(error, upstream?.isReused === true);
  }

  abortResponse(): void {
    const { client } = this;
    this.upstream?.discard();
    this.end();
    client.onExchangeAbort();
  }

  mirror(config: MirrorConfig): void {
    const { context, head, forwarded, requestBody } = this;
    const { demand, route } = head;
    const copy = () => {
      const body = requestBody.copyWhole();
      return body && forwarded.copyWith(body);
    };
    context.mirror.consider(config, { demand, requestTimeoutMs: route.requestTimeoutMs }, copy);
  }

  sendError(statusCode: number, message: string, fields?: ErrorFields): void {
    const { client, context, head, details } = this;
    this.upstream?.discard();
    const isLast = statusCode === 408 || client.isLastResponse;
    const { connection } = isLast ? CLOSE_TAIL : context.keepAliveTail;
    const allFields = withRequestId(fields, details.requestId);
    const { date } = context;
    const accept = errorPages.isNegotiated(statusCode) ? this.forwarded.field('accept') : undefined;
    const error = errorResponse(statusCode, message, { fields: allFields, accept });
    const text = ownResponseText(error, { date, connection, method: head.method });
    client.socket.write(text, 'latin1');
    details.bytesOut += text.length;
    this.end();
    client.onExchangeEnd(isLast);
  }

  append(text: string): void {
    this.context.writeBuffer.append(text);
  }

  /** Step 9, relay the body: sent in one write with what was appended before. */
  write(bytes: Buffer, from: number, end: number): void {
    this.send(bytes, from, end);
    if (isBackpressured(this.client.socket)) this.upstream?.pause();
  }

  onBodyEnd(bytes: Buffer, from: number, end: number, isClean: boolean): void {
    const { upstream, client, loop, isLast } = this;
    this.upstream = undefined;
    const nowMs = loop.exchange.completeAttempt();
    this.send(bytes, from, end);
    // Bytes after the response are unsolicited, so the connection cannot be reused.
    if (upstream && this.isPersistent && isClean) {
      upstream.announceTimeout(this.announcedSeconds);
      upstream.release();
    } else upstream?.discard();
    this.end(nowMs);
    client.onExchangeEnd(isLast);
  }

  onBodyError(reason: string): void {
    this.loop.onResponseError(reason);
  }

  private get wantsBody(): boolean {
    return this.loop.isIdle || (!this.isUpstreamBackpressured && !this.isBodyHeld);
  }

  /** Whether no backend takes the body yet, and as much of it is kept as may be. */
  private get isBodyHeld(): boolean {
    return this.requestBody.isFull && this.upstream?.isOpen !== true;
  }

  private sendRequest(): void {
    const { upstream, requestBody, forwarded, client } = this;
    if (!upstream) return;
    const { pathPrefix } = upstream.address.target;
    if (requestBody.isEmpty && pathPrefix === '') forwarded.send(upstream.socket);
    else {
      const { writeBuffer } = this.context;
      forwarded.appendTo(writeBuffer, pathPrefix, this.head.method);
      requestBody.appendTo(writeBuffer);
      writeBuffer.flush(upstream.socket);
    }
    if (requestBody.missing > 0) client.resumeReading();
  }

  /** Step 8, read the response head. */
  private readHead(length: number): void {
    const head = this.reader.read(readBuffer, length, this.head.method);
    if (head === UNSUPPORTED) {
      this.abortAttempt(new InvalidResponseError('the backend sent something that is not an HTTP/1.1 response'));
    } else if (head !== INCOMPLETE) this.startResponse(head);
  }

  private startResponse(head: ResponseHead): void {
    const { context, client, loop, details } = this;
    this.isPersistent = head.isPersistent && this.bodyMissing === 0;
    this.announcedSeconds = head.keepAliveSeconds;
    this.isLast = client.isLastResponse;
    const { responseChanges: changes } = this.head.route;
    const { backend } = loop.exchange;
    const cookie = context.stickiness.cookieFor(this.head, backend);
    const own = context.ownHeaders.of(this.head, backend?.id, changes, cookie);
    const isChunked = head.bodyEnd === 'chunked' || head.bodyEnd === 'close';
    const tail = responseTail(head, this.isLast, context.keepAliveTail);
    const { bytes, headFrom, from, end } = this.reader;
    // Before anything is appended: the registry may act on it, and other exchanges use the write buffer.
    loop.onResponseHead(head.statusCode, costReports(head));
    if (loop.isIdle) return;
    const { writeBuffer, date } = context;
    const rules = changes ? context.routeRules.forResponses(changes, context.responseRules) : context.responseRules;
    const extras = { request: this.forwarded, rules, own, isChunked, tail, date };
    appendResponseHead(writeBuffer, head, from - headFrom, extras);
    this.responseBody.reset(head.bodyEnd, head.contentLength);
    // Most responses arrive in one read, the first byte with the last.
    details.firstByteAtMs = Infinity;
    this.responseBody.start(bytes, from, end);
    if (!loop.isIdle) details.firstByteAtMs = monotonicMs();
  }

  private send(bytes: Buffer, from: number, end: number): void {
    const { writeBuffer } = this.context;
    if (from < end) writeBuffer.appendBytes(bytes, from, end);
    this.details.bytesOut += writeBuffer.flush(this.client.socket);
  }

  /** The request is over. A late callback meets an idle exchange without a client, and fails. */
  private end(endedAtMs?: number): void {
    this.loop.end(endedAtMs);
    this.upstream = undefined;
    this.requestBody.release();
    this.client = NO_CLIENT;
    this.head = NO_REQUEST;
  }
}
