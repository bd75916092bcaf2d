// One exchange in the full lane: gives http-proxy-middleware its target for each attempt, passes the answer on, and
// decides after a failure whether another backend is tried.
import type { Agent, ClientRequest as UpstreamRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ResourceSpace } from '@fairlead/scheduling';
import type { Options } from 'http-proxy-middleware';
import { wordsFor } from '../health/ping-client.js';
import type { ClientRequest } from './client-request.js';
import { demandHeaders } from './demand-headers.js';
import { CLIENT_WENT_AWAY, type Exchange } from './exchange.js';
import { requestHeaders, responseHeaders, trailerPairs } from './forwarding.js';
import { answerProblem } from './problem-response.js';
import { PSEUDONYM } from './pseudonym.js';
import { ReplayableBody, hasBody } from './replayable-body.js';
import { isIdempotent, type FailureKind } from './retry.js';
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

/** Why the exchange itself broke an attempt off. */
class BrokenOff extends Error {
  constructor(
    readonly statusCode: 502 | 504,
    message: string,
  ) {
    super(message);
  }
}

export class FullLaneExchange {
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly body: ReplayableBody | undefined;
  private readonly watchdog: Watchdog;
  private upstream: UpstreamRequest | undefined;
  private isUploaded: boolean;
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
    this.isUploaded = this.body === undefined;
    this.watchdog = new Watchdog(() => this.waitedTooLong());
  }

  begin(): void {
    const { request, response } = this;
    request.headers = this.forwardedHeaders();
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

  /** The backend answers: its head is passed on, and its body as it comes. */
  receiveAnswer(answer: IncomingMessage): void {
    const { response, exchange } = this;
    const codings = answer.headers['transfer-encoding'];
    if (codings !== undefined && codings.toLowerCase() !== 'chunked') {
      this.upstream?.destroy(new BrokenOff(502, `the backend answered in a transfer coding nobody asked for`));
      return;
    }
    const statusCode = answer.statusCode ?? 502;
    exchange.answerBegan(statusCode, answer.headers);
    this.status = statusCode;
    const headers = responseHeaders(answer.rawHeaders, answer.headers, answer.httpVersion, PSEUDONYM);
    if (this.head.wantsPlacement) headers.push('Fairlead-Placement', this.placementHeader());
    response.writeHead(statusCode, answer.statusMessage ?? '', headers);
    response.flushHeaders();
    this.watchdog.watch(this.settings.streamIdleTimeoutMs);
    answer.on('data', () => this.watchdog.feed());
    answer.once('end', () => {
      exchange.attemptAnswered();
      response.addTrailers(trailerPairs(answer.rawTrailers));
      response.end();
    });
    answer.once('error', (error) => this.cutOff(error));
    answer.pipe(response, { end: false });
  }

  /** The attempt failed before its answer began. */
  receiveError(error: Error): void {
    const { response, exchange, upstream } = this;
    if (response.headersSent || response.destroyed) return;
    const failure = failureOf(error);
    const isStaleConnection = failure === 'lost' && upstream?.reusedSocket === true;
    exchange.attemptFailed(isStaleConnection ? undefined : `exchange failed: ${wordsFor(error)}`);
    const isBodyAtHand = this.body?.isAtHand ?? true;
    const hasTime = exchange.elapsedMs < this.settings.requestTimeoutMs;
    if (hasTime && exchange.takeRetry(failure, isBodyAtHand)) this.tryNext();
    else this.answerFailure(error);
  }

  /** The client closed its connection; the middleware breaks the attempt off. */
  clientWentAway(): void {
    this.exchange.attemptFailed(undefined);
  }

  /** The backend stopped in the middle of its answer. The client must see that it is not whole. */
  private cutOff(error: Error): void {
    if (this.response.destroyed) return;
    this.exchange.attemptFailed(`cut off in mid-answer: ${wordsFor(error)}`);
    this.response.destroy();
  }

  private tryNext(): void {
    const backend = this.exchange.placeNext();
    if (backend) {
      this.watchForAnswer();
      this.attempt();
      return;
    }
    this.answer(503, 'no backend can take this request now');
  }

  private forwardedHeaders() {
    const { request, head, settings } = this;
    const hop = {
      clientAddress: head.client,
      isTrusted: head.isTrusted,
      httpVersion: request.httpVersion,
      pseudonym: PSEUDONYM,
    };
    const forwarded = requestHeaders(request.rawHeaders, request.headers, hop);
    return upstreamHeaders([...forwarded, ...demandHeaders(head.demand, settings.resources)], request);
  }

  private watch(upstream: UpstreamRequest): void {
    this.upstream = upstream;
    upstream.on('continue', () => this.response.writeContinue());
    upstream.on('information', ({ statusCode, rawHeaders }) => {
      if (statusCode === 103) this.passEarlyHints(rawHeaders);
      else if (statusCode === 102) this.response.writeProcessing();
    });
    // Node's client knows by the method whether a body without a length is chunked; here the request itself tells.
    if (this.request.headers['content-length'] === undefined) {
      upstream.useChunkedEncodingByDefault = this.body !== undefined;
    }
  }

  private readBody(body: ReplayableBody): Readable {
    const reader = body.read();
    // Before the pipe ends the upstream request, for this listener was there first.
    reader.once('end', () => {
      if (this.upstream?.chunkedEncoding) this.upstream.addTrailers(trailerPairs(this.request.rawTrailers));
    });
    return reader;
  }

  /** RFC 9651 parameters: `backend="disk-1"; compute=3; storage=1`. */
  private placementHeader(): string {
    const amounts = this.settings.resources.names.map((name, r) => `${name}=${this.head.demand[r]}`);
    return [`backend="${this.exchange.backend?.id ?? ''}"`, ...amounts].join('; ');
  }

  private passEarlyHints(rawHeaders: readonly string[]): void {
    const links = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1].toLowerCase() === 'link');
    if (links.length === 0 || this.response.headersSent) return;
    try {
      this.response.writeEarlyHints({ link: links });
    } catch {
      // Not a form of Link that Node lets pass. Hints may be left out (RFC 8297 §2).
    }
  }

  private uploaded(): void {
    this.isUploaded = true;
    if (!this.response.headersSent) this.watchForAnswer();
  }

  /** While a body comes in, standing still is what counts; after that, how long the answer takes to begin. */
  private watchForAnswer(): void {
    const { settings, exchange } = this;
    if (!this.isUploaded) {
      this.watchdog.watch(settings.streamIdleTimeoutMs);
      return;
    }
    const untilDeadline = Math.max(0, settings.requestTimeoutMs - exchange.elapsedMs);
    const isRepeatable = isIdempotent(this.head.method);
    this.watchdog.watch(isRepeatable ? Math.min(settings.attemptTimeoutMs, untilDeadline) : untilDeadline);
  }

  private waitedTooLong(): void {
    const { settings, exchange, response, upstream } = this;
    if (response.headersSent || !this.isUploaded) {
      const where = response.headersSent ? 'the answer' : 'the upload';
      upstream?.destroy(new BrokenOff(504, `${where} stood still for ${settings.streamIdleTimeoutMs} ms`));
      return;
    }
    const untilDeadline = settings.requestTimeoutMs - exchange.elapsedMs;
    // Slow is better than nothing: without another backend to turn to, the attempt has until the deadline.
    if (untilDeadline > 1 && !exchange.hasAlternative()) this.watchdog.watch(untilDeadline);
    else upstream?.destroy(new BrokenOff(504, `no answer within ${Math.round(exchange.elapsedMs)} ms`));
  }

  private answerFailure(error: Error): void {
    if (error instanceof BrokenOff) this.answer(error.statusCode, error.message);
    else this.answer(502, `the backend failed: ${wordsFor(error)}`);
  }

  private answer(statusCode: number, message: string): void {
    this.watchdog.stop();
    this.status = statusCode;
    answerProblem(this.response, statusCode, message);
  }

  private clientClosed(): void {
    this.watchdog.stop();
    this.exchange.end(this.status);
  }
}

function failureOf(error: NodeJS.ErrnoException): FailureKind {
  if (error instanceof BrokenOff) return 'timeout';
  const isUnsent = error.syscall === 'connect' || error.syscall === 'getaddrinfo';
  return isUnsent ? 'unsent' : 'lost';
}
