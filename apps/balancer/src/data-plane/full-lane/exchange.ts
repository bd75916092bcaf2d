// One exchange in the full lane: gives http-proxy-middleware its target for each attempt, and has the answer passed on.
import type { ClientRequest as UpstreamRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Options } from 'http-proxy-middleware';
import { describeError } from '../../net/network-error.js';
import { relayResponse, relayInterimResponse } from './response-relay.js';
import { InvalidResponseError, type AttemptAbortedError } from '../exchange/attempt-error.js';
import type { ReadRequest } from '../request/request-reader.js';
import { placementHeader } from '../headers/demand-headers.js';
import type { ExchangeFactory } from '../exchange/exchange-factory.js';
import { removeField, requestHeaders, type SortedFields } from '../headers/header-rules.js';
import { LaneExchange, type LaneLimits } from '../exchange/attempt-loop.js';
import { sendError } from '../headers/error-response.js';
import type { OwnRequestFields } from './forwarded-header-cache.js';
import { NoBody, ReplayableBody, hasBody } from './replayable-body.js';
import { isIdempotent } from '../exchange/retry-policy.js';
import { ExchangeAgent, type KeptConnection, type UpstreamAddress, type UpstreamAgent } from './upstream-agent.js';
import { UpstreamOptions, hostOf, type ProxyTarget } from '../upstream/upstream-address.js';
import { Watchdog, type WatchClock } from '../io/deadline-clock.js';

/** What is the same for all exchanges of the lane. */
export interface LaneSettings extends LaneLimits {
  readonly resources: ResourceSpace;
  readonly retryBufferBytes: number;
  readonly agent: UpstreamAgent;
  readonly clock: WatchClock;
  readonly ownFields: OwnRequestFields;
}

/** Each attempt adds listeners of its own to request and response. */
const MAX_LISTENERS = 100;
/** How long a client may go on sending a body after its answer. Milliseconds. */
const DISCARD_BODY_TIMEOUT_MS = 30_000;
const NO_BODY = new NoBody();
const EMPTY_HEADERS = {};

export class FullLaneExchange extends LaneExchange {
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: ReplayableBody | undefined;
  private readonly agent = new ExchangeAgent((upstream) => this.send(upstream));
  private readonly watchdog: Watchdog;
  /** What goes to the backend, whichever it is. */
  private forwarded: string[] = [];
  /** Of a client that speaks HTTP/1.0, or names none. */
  private lacksHost = false;
  private upstream: UpstreamRequest | undefined;
  private connection: KeptConnection | undefined;
  /** Why the present attempt was broken off: Node may tell of a lost connection only. */
  private breakOff: Error | undefined;

  constructor(
    desk: ExchangeFactory,
    private readonly head: ReadRequest,
    client: { readonly request: IncomingMessage; readonly response: ServerResponse },
    private readonly settings: LaneSettings,
    /** Has http-proxy-middleware make an attempt; it comes back by {@link routeAttempt}. */
    private readonly makeAttempt: () => void,
  ) {
    super(desk, settings);
    this.request = client.request;
    this.response = client.response;
    this.watchdog = new Watchdog(settings.clock, () => this.timeIsUp());
    if (!hasBody(client.request)) return;
    const watcher = { onBytes: () => this.onBytes(), onComplete: () => this.uploaded() };
    this.body = new ReplayableBody(this.request, settings.retryBufferBytes, watcher);
  }

  start(): void {
    this.take(this.head, this.body !== undefined);
    const { request, response } = this;
    this.lacksHost = !request.headers.host;
    this.forwarded = this.forwardedHeaders();
    // The middleware copies what it is shown, and changes some of it.
    request.headers = {};
    request.setMaxListeners(MAX_LISTENERS);
    response.setMaxListeners(MAX_LISTENERS);
    response.on('close', () => this.clientClosed());
    this.tryNext();
  }

  /** Fills in http-proxy-middleware's options for the present attempt. */
  routeAttempt(options: Options): ProxyTarget {
    const { target } = this.addressOfBackend();
    options.agent = this.agent;
    options.buffer = this.body ?? NO_BODY;
    options.ssl = new UpstreamOptions(this.lacksHost ? ['Host', hostOf(target), ...this.forwarded] : this.forwarded);
    return target;
  }

  /** The backend answers. */
  onResponse(answer: IncomingMessage): void {
    const { request, response, exchange, head, connection } = this;
    const ownHeaders = head.wantsPlacement
      ? placementHeader(exchange.backend?.id, head.demand, this.settings.resources)
      : [];
    let fields: SortedFields;
    try {
      fields = relayResponse(answer, request, response, this, { ownHeaders, bypass: connection?.bypass });
    } catch (error) {
      this.refuseResponse(answer, error as InvalidResponseError);
      return;
    }
    if (fields.keepAlive !== undefined) connection?.heard(fields.keepAlive);
    this.answerBegan(response.statusCode, fields.hasReport ? answer.headers : EMPTY_HEADERS);
    answer.on('error', (error) => {
      if (!response.destroyed) this.answerBroke(`cut off in mid-answer: ${describeError(error)}`);
    });
  }

  /** Bytes of the body or of the answer have come in. */
  onBytes(): void {
    this.watchdog.feed();
  }

  /** The answer has come in whole. */
  onComplete(): void {
    this.exchange.completeAttempt();
    if (!this.request.complete) this.body?.discard();
  }

  /** The attempt failed before its answer began. */
  onError(error: Error): void {
    const { response, upstream } = this;
    if (response.headersSent || response.destroyed) return;
    // At once: what comes in while the next attempt is prepared may pass the limit, and belongs to it all the same.
    if (this.isAttempting) this.body?.rewind();
    this.attemptBroke(this.breakOff ?? error, upstream?.reusedSocket === true);
  }

  protected override get isBodyReplayable(): boolean {
    return this.body?.isReplayable ?? true;
  }

  protected override get isUploadHeldUp(): boolean {
    return this.upstream?.writableNeedDrain === true;
  }

  protected override get isDownloadHeldUp(): boolean {
    return this.response.writableEnded || this.response.writableNeedDrain;
  }

  protected override attempt(): void {
    // What is still to be heard of the attempt before does not count any more.
    this.upstream = undefined;
    this.breakOff = undefined;
    this.makeAttempt();
  }

  protected override breakOffAttempt(error: AttemptAbortedError | InvalidResponseError): void {
    this.breakOff = error;
    this.upstream?.destroy(error);
  }

  protected override breakOffAnswer(): void {
    this.response.destroy();
  }

  protected override watch(ms: number): void {
    this.watchdog.watch(ms);
  }

  protected override answer(statusCode: number, message: string): void {
    const { request, response, upstream } = this;
    this.watchdog.stop();
    this.status = statusCode;
    if (statusCode === 408) response.setHeader('Connection', 'close');
    sendError(response, statusCode, message);
    if (statusCode === 408) upstream?.destroy();
    if (request.complete || !this.body) return;
    this.body.discard();
    const linger = setTimeout(() => request.socket.destroy(), DISCARD_BODY_TIMEOUT_MS);
    request.once('close', () => clearTimeout(linger));
  }

  private forwardedHeaders(): string[] {
    const { request, head, settings } = this;
    const headers = requestHeaders(request.rawHeaders);
    if (this.lacksHost) removeField(headers, 'host');
    settings.ownFields.addTo(headers, request, head);
    headers.push('Connection', 'keep-alive');
    if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
    return headers;
  }

  /**
   * What is left of the answer still ends or breaks, which must not be taken for the next attempt's end. The middleware,
   * too, is about to listen: it would cut the client's connection.
   */
  private refuseResponse(answer: IncomingMessage, error: InvalidResponseError): void {
    process.nextTick(() => {
      answer.removeAllListeners();
      this.breakOffAttempt(error);
    });
  }

  private addressOfBackend(): UpstreamAddress {
    const { backend } = this.exchange;
    if (!backend) throw new Error('an attempt was made without a backend');
    return this.settings.agent.addressOf(backend.url);
  }

  /** The middleware's request has come into being: it gets a connection, and is watched. */
  private send(upstream: UpstreamRequest): void {
    const { request, response } = this;
    const connection = this.settings.agent.take(this.addressOfBackend(), !isIdempotent(this.head.method));
    const { socket } = connection;
    this.upstream = upstream;
    this.connection = connection;
    upstream.on('information', ({ statusCode, rawHeaders }) =>
      relayInterimResponse(statusCode, rawHeaders, request, response),
    );
    // A switch of protocols nobody asked for. Node takes the request for answered, and would tell nobody.
    upstream.on('upgrade', () => {
      socket.destroy();
      if (this.upstream === upstream) this.onError(new InvalidResponseError('it switched protocols unasked'));
    });
    upstream.on('close', () => {
      if (this.upstream === upstream && this.isAttempting) this.onError(new Error('closed without an answer'));
    });
    upstream.reusedSocket = connection.wasIdleMs !== undefined;
    upstream.onSocket(socket);
    if (socket.connecting) this.watchConnect(socket);
  }

  private watchConnect(socket: Socket): void {
    const { slowConnectMs } = this.settings.agent;
    const problem = `exchange failed: no connection within ${slowConnectMs} ms`;
    const timer = setTimeout(() => this.exchange.onSlowConnect(problem), slowConnectMs);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  }

  private clientClosed(): void {
    this.watchdog.stop();
    this.isAttempting = false;
    this.exchange.end(this.status);
  }
}
