// One exchange in the full lane: gives http-proxy-middleware its target for each attempt, has the answer passed on, and
// decides after a failure whether another backend is tried.
import type { Agent, ClientRequest as UpstreamRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Options } from 'http-proxy-middleware';
import { wordsFor } from '../health/ping-client.js';
import { UnusableAnswerError, relayAnswer, relayInterim } from './answer-relay.js';
import { AttemptDeadlines, type DeadlineLimits } from './attempt-deadlines.js';
import { BrokenOff, failureOf } from './attempt-failure.js';
import type { ClientRequest } from './client-request.js';
import { demandHeaders, placementHeader } from './demand-headers.js';
import type { Cut } from '../registry/sighting.js';
import { CLIENT_WENT_AWAY, type Exchange } from './exchange.js';
import type { ExchangeDesk } from './exchange-desk.js';
import { requestHeaders, trailerPairs } from './forwarding.js';
import { answerProblem } from './problem-response.js';
import { PSEUDONYM } from './pseudonym.js';
import { ReplayableBody, hasBody } from './replayable-body.js';
import { isIdempotent } from './retry.js';
import { connectedAgent, watchedAgent, type UpstreamAgent } from './upstream-agent.js';
import { targetOf, upstreamHeaders, type ProxyTarget } from './upstream-request.js';
import { Watchdog } from './watchdog.js';

/** What is the same for all exchanges of the lane. */
export interface LaneSettings extends DeadlineLimits {
  readonly resources: ResourceSpace;
  readonly queueTimeoutMs: number;
  readonly retryBufferBytes: number;
  readonly agent: UpstreamAgent;
}

/** Each attempt adds listeners of its own to request and response. */
const MOST_LISTENERS = 100;
/** How long a client may go on sending a body after its answer. Milliseconds. */
const LINGER_MS = 30_000;

export class FullLaneExchange {
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: ReplayableBody | undefined;
  private readonly exchange: Exchange;
  private readonly deadlines: AttemptDeadlines;
  private readonly watchdog = new Watchdog(() => this.waitedTooLong());
  private upstream: UpstreamRequest | undefined;
  /** Whether an attempt is under way whose answer has not begun. */
  private isAttempting = false;
  private status = CLIENT_WENT_AWAY;

  constructor(
    desk: ExchangeDesk,
    private readonly head: ClientRequest,
    client: { readonly request: IncomingMessage; readonly response: ServerResponse },
    private readonly settings: LaneSettings,
    /** Has http-proxy-middleware make an attempt; it comes back by {@link routeAttempt}. */
    private readonly attempt: () => void,
  ) {
    this.exchange = desk.begin(head, (what) => this.cut(what));
    this.request = client.request;
    this.response = client.response;
    this.body = hasBody(this.request) ? new ReplayableBody(this.request, settings.retryBufferBytes) : undefined;
    const elapsedMs = () => this.exchange.elapsedMs;
    const traits = { isRepeatable: isIdempotent(head.method), hasBody: this.body !== undefined };
    this.deadlines = new AttemptDeadlines(settings, elapsedMs, traits);
  }

  begin(): void {
    const { request, response } = this;
    request.headers = this.forwardedHeaders();
    request.setMaxListeners(MOST_LISTENERS);
    response.setMaxListeners(MOST_LISTENERS);
    response.once('close', () => this.clientClosed());
    if (this.body) {
      request.on('data', () => this.watchdog.feed());
      request.once('end', () => this.uploaded());
    }
    this.tryNext();
  }

  /** Fills in http-proxy-middleware's options for the present attempt. */
  routeAttempt(options: Options): ProxyTarget {
    const { backend } = this.exchange;
    if (!backend) throw new Error('an attempt was made without a backend');
    const target = targetOf(backend.url);
    options.agent = watchedAgent(this.agentFor(target), (upstream) => this.watch(upstream));
    if (this.body) options.buffer = this.readBody(this.body);
    return target;
  }

  /** The backend answers. */
  receiveAnswer(answer: IncomingMessage): void {
    const { request, response, exchange, head } = this;
    const ownHeaders = head.wantsPlacement
      ? placementHeader(exchange.backend?.id, head.demand, this.settings.resources)
      : [];
    // First, so that it hears of the end before the client does.
    answer.once('end', () => exchange.attemptAnswered());
    answer.once('error', (error) => this.cutOff(`cut off in mid-answer: ${wordsFor(error)}`));
    answer.on('data', () => this.watchdog.feed());
    try {
      relayAnswer(answer, request, response, ownHeaders);
    } catch (error) {
      this.upstream?.destroy(new BrokenOff(502, (error as UnusableAnswerError).message));
      return;
    }
    this.isAttempting = false;
    this.status = response.statusCode;
    exchange.answerBegan(response.statusCode, answer.headers);
    this.watchdog.watch(this.settings.streamIdleTimeoutMs);
  }

  /** The attempt failed before its answer began. */
  receiveError(error: Error): void {
    const { response, exchange, upstream } = this;
    if (!this.isAttempting || response.headersSent || response.destroyed) return;
    this.isAttempting = false;
    const failure = failureOf(error);
    const isStaleConnection = failure === 'lost' && upstream?.reusedSocket === true;
    if (failure === 'ours') exchange.attemptAbandoned();
    else exchange.attemptFailed(isStaleConnection ? undefined : `exchange failed: ${wordsFor(error)}`);
    const isBodyAtHand = this.body?.isAtHand ?? true;
    if (exchange.takeRetry(failure, isBodyAtHand) && this.deadlines.leftMs > 0) this.tryNext();
    else this.answerFailure(error);
  }

  /** The backend has to go, or has gone without a word: what can turn to another one does. */
  private cut(what: Cut): void {
    const isMovable = this.isAttempting && isIdempotent(this.head.method) && (this.body?.isAtHand ?? true);
    if (this.isAttempting && (isMovable || what === 'everything')) {
      const statusCode = isIdempotent(this.head.method) ? 503 : 502;
      this.upstream?.destroy(new BrokenOff(statusCode, 'the backend went out of service'));
    } else if (!this.isAttempting && what === 'everything') {
      this.exchange.attemptAbandoned();
      this.response.destroy();
    }
  }

  /** The backend stopped in the middle of its answer. The client must see that it is not whole. */
  private cutOff(suspicion: string): void {
    if (this.response.destroyed) return;
    this.exchange.attemptFailed(suspicion);
    this.response.destroy();
  }

  private tryNext(): void {
    if (this.exchange.placeNext()) this.beginAttempt();
    else if (!this.waitsForRoom()) this.turnAway('no backend can take this request now');
  }

  private waitsForRoom(): boolean {
    return this.exchange.queue(
      this.settings.queueTimeoutMs,
      () => this.beginAttempt(),
      () => this.turnAway('all backends are full'),
    );
  }

  private turnAway(message: string): void {
    this.exchange.unplaced();
    this.answer(503, message);
  }

  private beginAttempt(): void {
    this.isAttempting = true;
    // What is still to be heard of the attempt before does not count any more.
    this.upstream = undefined;
    this.watchdog.watch(this.deadlines.begin());
    this.attempt();
  }

  private forwardedHeaders() {
    const { request, head, settings } = this;
    const { httpVersion } = request;
    const hop = { clientAddress: head.client, isTrusted: head.isTrusted, httpVersion, pseudonym: PSEUDONYM };
    const forwarded = requestHeaders(request.rawHeaders, request.headers, hop);
    return upstreamHeaders([...forwarded, ...demandHeaders(head.demand, settings.resources)], request);
  }

  /** A request that must not be lost is not given a connection that the backend may be about to close. */
  private agentFor(target: ProxyTarget): Agent {
    const { agent } = this.settings;
    const address = { host: String(target.hostname), port: Number(target.port) };
    if (isIdempotent(this.head.method) || agent.isTrusted(address)) return agent;
    return connectedAgent(agent.connect(address));
  }

  private watch(upstream: UpstreamRequest): void {
    const { request, response } = this;
    this.upstream = upstream;
    upstream.once('socket', (socket) => this.watchConnect(socket));
    upstream.on('information', ({ statusCode, rawHeaders }) => relayInterim(statusCode, rawHeaders, request, response));
    // A switch of protocols nobody asked for. Node takes the request for answered, and would tell nobody.
    upstream.once('upgrade', (_, socket) => {
      socket.destroy();
      if (this.upstream === upstream) this.receiveError(new BrokenOff(502, 'the backend switched protocols unasked'));
    });
    upstream.once('close', () => {
      if (this.upstream === upstream) this.receiveError(new Error('closed without an answer'));
    });
    // Node's client knows by the method whether a body without a length is chunked; here the request itself tells.
    if (request.headers['content-length'] === undefined) upstream.useChunkedEncodingByDefault = this.body !== undefined;
  }

  private watchConnect(socket: Socket): void {
    if (!socket.connecting) return;
    const { slowConnectMs } = this.settings.agent;
    const problem = `exchange failed: no connection within ${slowConnectMs} ms`;
    const timer = setTimeout(() => this.exchange.connectIsSlow(problem), slowConnectMs);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  }

  private readBody(body: ReplayableBody): Readable {
    const reader = body.read();
    // Before the pipe ends the upstream request, for this listener was there first.
    reader.once('end', () => {
      if (this.upstream?.chunkedEncoding) this.upstream.addTrailers(trailerPairs(this.request.rawTrailers));
    });
    return reader;
  }

  private uploaded(): void {
    this.deadlines.uploaded();
    if (this.isAttempting) this.watchdog.watch(this.deadlines.begin());
  }

  private waitedTooLong(): void {
    const { deadlines, exchange, watchdog } = this;
    if (!this.isAttempting) {
      this.downloadStoodStill();
      return;
    }
    const what = deadlines.timeIsUp();
    if (what === 'upload-stalled') this.uploadStoodStill();
    else if (what === 'slow') {
      exchange.answerIsSlow();
      watchdog.watch(deadlines.attemptLeftMs);
    } else if (what === 'attempt-over' && !exchange.hasAlternative()) watchdog.watch(deadlines.extend());
    else this.upstream?.destroy(new BrokenOff(504, `no answer within ${Math.round(deadlines.waitedMs)} ms`));
  }

  private downloadStoodStill(): void {
    const { response, exchange } = this;
    const isClientsFault = response.writableEnded || response.writableNeedDrain;
    if (isClientsFault) {
      exchange.attemptAbandoned();
      response.destroy();
    } else this.cutOff(`the answer stood still for ${this.settings.streamIdleTimeoutMs} ms`);
  }

  private uploadStoodStill(): void {
    const message = `the upload stood still for ${this.settings.streamIdleTimeoutMs} ms`;
    if (this.upstream?.writableNeedDrain === true) {
      this.upstream.destroy(new BrokenOff(504, message));
      return;
    }
    this.isAttempting = false;
    this.exchange.attemptAbandoned();
    this.response.setHeader('Connection', 'close');
    this.answer(408, message);
    this.upstream?.destroy();
  }

  private answerFailure(error: Error): void {
    if (error instanceof BrokenOff) this.answer(error.statusCode, error.message);
    else if (this.exchange.isUnserved) this.answer(503, `no backend could be reached: ${wordsFor(error)}`);
    else this.answer(502, `the backend failed: ${wordsFor(error)}`);
  }

  private answer(statusCode: number, message: string): void {
    const { request, response } = this;
    this.watchdog.stop();
    this.status = statusCode;
    answerProblem(response, statusCode, message);
    if (request.complete || !this.body) return;
    this.body.discard();
    const linger = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(linger));
  }

  private clientClosed(): void {
    this.watchdog.stop();
    this.isAttempting = false;
    this.exchange.end(this.status);
  }
}
