// One exchange in the full lane: gives http-proxy-middleware its target for each attempt, and has the answer passed on.
import type { Agent, ClientRequest as UpstreamRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Options } from 'http-proxy-middleware';
import { wordsFor } from '../health/network-errors.js';
import { relayAnswer, relayInterim } from './answer-relay.js';
import { NonsenseError, type BrokenOff } from './attempt-failure.js';
import type { ClientRequest } from './client-request.js';
import { demandHeaders, placementHeader } from './demand-headers.js';
import type { ExchangeDesk } from './exchange-desk.js';
import { requestHeaders, trailerPairs } from './forwarding.js';
import { LaneExchange, type LaneLimits } from './lane-exchange.js';
import { answerProblem } from './problem-response.js';
import { PSEUDONYM } from './pseudonym.js';
import { ReplayableBody, hasBody } from './replayable-body.js';
import { isIdempotent } from './retry.js';
import { connectedAgent, watchedAgent, type UpstreamAgent } from './upstream-agent.js';
import { targetOf, upstreamHeaders, type ProxyTarget } from './upstream-request.js';
import { Watchdog } from './watchdog.js';

/** What is the same for all exchanges of the lane. */
export interface LaneSettings extends LaneLimits {
  readonly resources: ResourceSpace;
  readonly retryBufferBytes: number;
  readonly agent: UpstreamAgent;
}

/** Each attempt adds listeners of its own to request and response. */
const MOST_LISTENERS = 100;
/** How long a client may go on sending a body after its answer. Milliseconds. */
const LINGER_MS = 30_000;

export class FullLaneExchange extends LaneExchange {
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: ReplayableBody | undefined;
  /** Whether the client told the length of the body; of the headers the middleware is shown, it changes some. */
  private readonly tellsLength: boolean;
  private readonly watchdog = new Watchdog(() => this.timeIsUp());
  private upstream: UpstreamRequest | undefined;
  /** Why the present attempt was broken off: Node may tell of a lost connection only. */
  private breakOff: Error | undefined;

  constructor(
    desk: ExchangeDesk,
    private readonly head: ClientRequest,
    client: { readonly request: IncomingMessage; readonly response: ServerResponse },
    private readonly settings: LaneSettings,
    /** Has http-proxy-middleware make an attempt; it comes back by {@link routeAttempt}. */
    private readonly makeAttempt: () => void,
  ) {
    super(desk, settings);
    this.request = client.request;
    this.response = client.response;
    this.tellsLength = client.request.headers['content-length'] !== undefined;
    this.body = hasBody(this.request) ? new ReplayableBody(this.request, settings.retryBufferBytes) : undefined;
  }

  begin(): void {
    this.take(this.head, this.body !== undefined);
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
    options.agent = watchedAgent(this.agentFor(target), (upstream) => this.watchUpstream(upstream));
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
    answer.once('error', (error) => {
      if (!response.destroyed) this.answerBroke(`cut off in mid-answer: ${wordsFor(error)}`);
    });
    answer.on('data', () => this.watchdog.feed());
    try {
      relayAnswer(answer, request, response, ownHeaders);
    } catch (error) {
      this.refuseAnswer(answer, error as NonsenseError);
      return;
    }
    this.answerBegan(response.statusCode, answer.headers);
  }

  /** The attempt failed before its answer began. */
  receiveError(error: Error): void {
    const { response, upstream } = this;
    if (response.headersSent || response.destroyed) return;
    this.attemptBroke(this.breakOff ?? error, upstream?.reusedSocket === true);
  }

  protected override get isBodyAtHand(): boolean {
    return this.body?.isAtHand ?? true;
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

  protected override breakOffAttempt(error: BrokenOff | NonsenseError): void {
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
    answerProblem(response, statusCode, message);
    if (statusCode === 408) upstream?.destroy();
    if (request.complete || !this.body) return;
    this.body.discard();
    const linger = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(linger));
  }

  private forwardedHeaders() {
    const { request, head, settings } = this;
    const { httpVersion } = request;
    const hop = { clientAddress: head.client, isTrusted: head.isTrusted, httpVersion, pseudonym: PSEUDONYM };
    const forwarded = requestHeaders(request.rawHeaders, request.headers, hop);
    return upstreamHeaders([...forwarded, ...demandHeaders(head.demand, settings.resources)], request);
  }

  /**
   * What is left of the answer still ends or breaks, which must not be taken for the next attempt's end. The middleware,
   * too, is about to listen: it would cut the client's connection.
   */
  private refuseAnswer(answer: IncomingMessage, error: NonsenseError): void {
    process.nextTick(() => {
      answer.removeAllListeners();
      this.breakOffAttempt(error);
    });
  }

  /** A request that must not be lost is not given a connection that the backend may be about to close. */
  private agentFor(target: ProxyTarget): Agent {
    const { agent } = this.settings;
    const address = { host: String(target.hostname), port: Number(target.port) };
    if (isIdempotent(this.head.method) || agent.isTrusted(address)) return agent;
    return connectedAgent(agent.connect(address));
  }

  private watchUpstream(upstream: UpstreamRequest): void {
    const { request, response } = this;
    this.upstream = upstream;
    upstream.once('socket', (socket) => this.watchConnect(socket));
    upstream.on('information', ({ statusCode, rawHeaders }) => relayInterim(statusCode, rawHeaders, request, response));
    // A switch of protocols nobody asked for. Node takes the request for answered, and would tell nobody.
    upstream.once('upgrade', (_, socket) => {
      socket.destroy();
      if (this.upstream === upstream) this.receiveError(new NonsenseError('it switched protocols unasked'));
    });
    upstream.once('close', () => {
      if (this.upstream === upstream) this.receiveError(new Error('closed without an answer'));
    });
    // The middleware makes up a length of zero for DELETE and OPTIONS (RFC 9110 §8.6: no body, no need of one).
    if (!this.tellsLength && !upstream.headersSent) upstream.removeHeader('content-length');
    // Node's client knows by the method whether a body without a length is chunked; here the request itself tells.
    if (!this.tellsLength) upstream.useChunkedEncodingByDefault = this.body !== undefined;
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

  private clientClosed(): void {
    this.watchdog.stop();
    this.isAttempting = false;
    this.exchange.end(this.status);
  }
}
