// One exchange in the full lane: gives http-proxy-middleware its target for each attempt, has the answer passed on, and
// decides after a failure whether another backend is tried.
import type { Agent, ClientRequest as UpstreamRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Options } from 'http-proxy-middleware';
import { wordsFor } from '../health/ping-client.js';
import { UnusableAnswerError, relayAnswer, relayInterim } from './answer-relay.js';
import { BrokenOff, failureOf } from './attempt-failure.js';
import type { ClientRequest } from './client-request.js';
import { demandHeaders, placementHeader } from './demand-headers.js';
import { CLIENT_WENT_AWAY, type Exchange } from './exchange.js';
import { requestHeaders, trailerPairs } from './forwarding.js';
import { answerProblem } from './problem-response.js';
import { PSEUDONYM } from './pseudonym.js';
import { ReplayableBody, hasBody } from './replayable-body.js';
import { isIdempotent } from './retry.js';
import { watchedAgent } from './upstream-agent.js';
import { targetOf, upstreamHeaders, type ProxyTarget } from './upstream-request.js';
import { Watchdog } from './watchdog.js';

/** What is the same for all exchanges of the lane. */
export interface LaneSettings {
  readonly resources: ResourceSpace;
  readonly attemptTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  readonly retryBufferBytes: number;
  readonly agent: Agent;
}

/** Each attempt adds listeners of its own to request and response. */
const MOST_LISTENERS = 100;
/** How long a client may go on sending a body after its answer. Milliseconds. */
const LINGER_MS = 30_000;

export class FullLaneExchange {
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: ReplayableBody | undefined;
  private readonly watchdog = new Watchdog(() => this.waitedTooLong());
  private upstream: UpstreamRequest | undefined;
  /** Whether an attempt is under way whose answer has not begun. */
  private isAttempting = false;
  /** When there was nothing left to send, milliseconds after the request came; undefined while its body comes in. */
  private uploadedAtMs: number | undefined;
  private status = CLIENT_WENT_AWAY;

  constructor(
    private readonly exchange: Exchange,
    private readonly head: ClientRequest,
    client: { readonly request: IncomingMessage; readonly response: ServerResponse },
    private readonly settings: LaneSettings,
    /** Has http-proxy-middleware make an attempt; it comes back by {@link routeAttempt}. */
    private readonly attempt: () => void,
  ) {
    this.request = client.request;
    this.response = client.response;
    this.body = hasBody(this.request) ? new ReplayableBody(this.request, settings.retryBufferBytes) : undefined;
    this.uploadedAtMs = this.body ? undefined : 0;
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
    options.agent = watchedAgent(this.settings.agent, (upstream) => this.watch(upstream));
    if (this.body) options.buffer = this.readBody(this.body);
    return targetOf(backend.url);
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
    const hasTime = this.waitedMs < this.settings.requestTimeoutMs;
    if (hasTime && exchange.takeRetry(failure, isBodyAtHand)) this.tryNext();
    else this.answerFailure(error);
  }

  /** The backend stopped in the middle of its answer. The client must see that it is not whole. */
  private cutOff(suspicion: string): void {
    if (this.response.destroyed) return;
    this.exchange.attemptFailed(suspicion);
    this.response.destroy();
  }

  private tryNext(): void {
    const backend = this.exchange.placeNext();
    if (!backend) {
      this.answer(503, 'no backend can take this request now');
      return;
    }
    this.isAttempting = true;
    // What is still to be heard of the attempt before does not count any more.
    this.upstream = undefined;
    this.watchForAnswer();
    this.attempt();
  }

  private forwardedHeaders() {
    const { request, head, settings } = this;
    const { httpVersion } = request;
    const hop = { clientAddress: head.client, isTrusted: head.isTrusted, httpVersion, pseudonym: PSEUDONYM };
    const forwarded = requestHeaders(request.rawHeaders, request.headers, hop);
    return upstreamHeaders([...forwarded, ...demandHeaders(head.demand, settings.resources)], request);
  }

  private watch(upstream: UpstreamRequest): void {
    const { request, response } = this;
    this.upstream = upstream;
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

  private readBody(body: ReplayableBody): Readable {
    const reader = body.read();
    // Before the pipe ends the upstream request, for this listener was there first.
    reader.once('end', () => {
      if (this.upstream?.chunkedEncoding) this.upstream.addTrailers(trailerPairs(this.request.rawTrailers));
    });
    return reader;
  }

  private uploaded(): void {
    this.uploadedAtMs = this.exchange.elapsedMs;
    if (this.isAttempting) this.watchForAnswer();
  }

  /** How long backends have had for an answer: since there was nothing left to send. */
  private get waitedMs(): number {
    return this.uploadedAtMs === undefined ? 0 : this.exchange.elapsedMs - this.uploadedAtMs;
  }

  /** While a body comes in, standing still is what counts; after that, how long the answer takes to begin. */
  private watchForAnswer(): void {
    const { settings } = this;
    if (this.uploadedAtMs === undefined) {
      this.watchdog.watch(settings.streamIdleTimeoutMs);
      return;
    }
    const untilDeadline = Math.max(0, settings.requestTimeoutMs - this.waitedMs);
    const isRepeatable = isIdempotent(this.head.method);
    this.watchdog.watch(isRepeatable ? Math.min(settings.attemptTimeoutMs, untilDeadline) : untilDeadline);
  }

  private waitedTooLong(): void {
    if (!this.isAttempting) this.downloadStoodStill();
    else if (this.uploadedAtMs === undefined) this.uploadStoodStill();
    else this.answerTookTooLong();
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

  private answerTookTooLong(): void {
    const untilDeadline = this.settings.requestTimeoutMs - this.waitedMs;
    // Slow is better than nothing: without another backend to turn to, the attempt has until the deadline.
    if (untilDeadline > 1 && !this.exchange.hasAlternative()) this.watchdog.watch(untilDeadline);
    else this.upstream?.destroy(new BrokenOff(504, `no answer within ${Math.round(this.waitedMs)} ms`));
  }

  private answerFailure(error: Error): void {
    if (error instanceof BrokenOff) this.answer(error.statusCode, error.message);
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
