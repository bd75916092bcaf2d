// What every lane does with a request: attempts one backend after another, keeps the deadlines, and decides what becomes
// of a failure. How bytes are moved is the lane's own.
import type { BalancerConfig } from '../../config/balancer.config.js';
import { describeError } from '../../net/network-error.js';
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import { AttemptTimeouts, type TimeoutLimits } from './attempt-timeouts.js';
import { AttemptAbortedError, failureKindOf, type InvalidResponseError } from './attempt-error.js';
import { CLIENT_WENT_AWAY, type Exchange, type PlacedRequest } from './exchange.js';
import type { ExchangeFactory } from './exchange-factory.js';
import { isIdempotent, isLocalFailure } from './retry-policy.js';

/** The limits that exchanges are held to, the same in every lane. Milliseconds. */
export interface LaneLimits extends TimeoutLimits {
  /** How long a request waits for room when all backends are full. */
  readonly queueTimeoutMs: number;
}

const ALL_FULL = 'all backends are full';

/** The limits as they are configured. */
export function laneLimitsOf(config: BalancerConfig): LaneLimits {
  return {
    attemptTimeoutMs: config.ATTEMPT_TIMEOUT_SECONDS * 1000,
    requestTimeoutMs: config.REQUEST_TIMEOUT_SECONDS * 1000,
    streamIdleTimeoutMs: config.STREAM_IDLE_TIMEOUT_SECONDS * 1000,
    slowExchangeMs: config.SLOW_EXCHANGE_SECONDS * 1000,
    queueTimeoutMs: config.QUEUE_TIMEOUT_SECONDS * 1000,
  };
}

/** One request after another, each once the one before is over. */
export abstract class LaneExchange {
  protected readonly exchange: Exchange;
  protected readonly deadlines: AttemptTimeouts;
  /** Whether an attempt is under way whose answer has not begun. */
  protected isAttempting = false;
  /** What the client was answered. */
  protected status = CLIENT_WENT_AWAY;

  constructor(
    desk: ExchangeFactory,
    protected readonly limits: LaneLimits,
  ) {
    this.exchange = desk.create((what) => this.cut(what));
    this.deadlines = new AttemptTimeouts(limits, this.exchange);
  }

  /** A request has come in. */
  protected take(head: PlacedRequest, hasBody: boolean): void {
    this.isAttempting = false;
    this.status = CLIENT_WENT_AWAY;
    this.exchange.start(head);
    this.deadlines.reset(isIdempotent(head.method), hasBody);
  }

  /** Sends the request to the exchange's backend. A failure is told to {@link attemptBroke}. */
  protected abstract attempt(): void;
  /** Ends the present attempt, which leads to {@link attemptBroke} with this error. */
  protected abstract breakOffAttempt(error: AttemptAbortedError | InvalidResponseError): void;
  /** Answers with a problem of the balancer's own. */
  protected abstract answer(statusCode: number, message: string): void;
  /** Cuts an answer that has begun. The client must see that it is not whole. */
  protected abstract breakOffAnswer(): void;
  /** Has {@link timeIsUp} called in `ms`, unless bytes move before. */
  protected abstract watch(ms: number): void;
  /** Whether what was read of the body can be sent from its beginning. */
  protected abstract get isBodyReplayable(): boolean;
  /** Whether the backend does not take the body that is there to be sent. */
  protected abstract get isUploadHeldUp(): boolean;
  /** Whether the client does not take the answer that is there to be sent. */
  protected abstract get isDownloadHeldUp(): boolean;

  /** Gives the request to the backend that fits best now, or waits for room, or turns it away. */
  protected tryNext(): void {
    if (this.exchange.placeNext()) this.beginAttempt();
    else if (!this.waitsForRoom()) {
      this.turnAway(this.exchange.isFleetFull ? ALL_FULL : 'no backend can take this request now');
    }
  }

  /** The client has sent all of its body. */
  protected uploaded(): void {
    this.deadlines.onRequestSent();
    if (this.isAttempting) this.watch(this.deadlines.startAttempt());
  }

  /** The backend's answer has begun. */
  protected answerBegan(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.isAttempting = false;
    this.status = status;
    this.exchange.onResponseHead(status, headers);
    this.watch(this.limits.streamIdleTimeoutMs);
  }

  /** The attempt failed before its answer began. A connection that was used again and is gone blames nobody. */
  protected attemptBroke(error: Error, isStaleConnection: boolean): void {
    const { exchange } = this;
    if (!this.isAttempting) return;
    this.isAttempting = false;
    const failure = failureKindOf(error);
    const isBlameless = failure === 'connection-lost' && isStaleConnection;
    const isSpared = isLocalFailure(failure) || (error instanceof AttemptAbortedError && !error.isBackendsFault);
    if (isSpared) exchange.cancelAttempt();
    else exchange.failAttempt(isBlameless ? undefined : `exchange failed: ${describeError(error)}`);
    if (exchange.tryConsumeRetry(failure, this.isBodyReplayable) && this.deadlines.leftMs > 0) this.tryNext();
    else if (failure === 'invalid-response') this.answer(502, 'the backend answered something that makes no sense');
    else if (error instanceof AttemptAbortedError) this.answer(error.statusCode, error.message);
    else if (exchange.isUnserved) this.answer(503, `no backend could serve this request: ${describeError(error)}`);
    else this.answer(502, `the backend failed: ${describeError(error)}`);
  }

  /** The backend stopped in the middle of its answer. */
  protected answerBroke(suspicion: string): void {
    this.exchange.failAttempt(suspicion);
    this.breakOffAnswer();
  }

  /** What was watched for did not come. */
  protected timeIsUp(): void {
    const { deadlines, exchange } = this;
    if (!this.isAttempting) {
      this.downloadStoodStill();
      return;
    }
    const what = deadlines.expired();
    if (what === 'upload-stalled') this.uploadStoodStill();
    else if (what === 'slow') {
      exchange.onSlowResponse();
      this.watch(deadlines.attemptLeftMs);
      // Slow is better than nothing: without another backend to turn to, the attempt has until the deadline.
    } else if (what === 'attempt-over' && !exchange.hasAlternative()) this.watch(deadlines.extend());
    else this.breakOffAttempt(new AttemptAbortedError(504, `no answer within ${Math.round(deadlines.waitedMs)} ms`));
  }

  private beginAttempt(): void {
    this.isAttempting = true;
    this.watch(this.deadlines.startAttempt(this.exchange.placedMs));
    this.attempt();
  }

  private waitsForRoom(): boolean {
    this.watch(Infinity);
    return this.exchange.enqueue(
      this.limits.queueTimeoutMs,
      () => this.beginAttempt(),
      () => this.turnAway(ALL_FULL),
    );
  }

  private turnAway(message: string): void {
    this.exchange.countUnplaced();
    this.answer(503, message);
  }

  private downloadStoodStill(): void {
    if (this.isDownloadHeldUp) {
      this.exchange.cancelAttempt();
      this.breakOffAnswer();
    } else this.answerBroke(`the answer stood still for ${this.limits.streamIdleTimeoutMs} ms`);
  }

  private uploadStoodStill(): void {
    const message = `the upload stood still for ${this.limits.streamIdleTimeoutMs} ms`;
    if (this.isUploadHeldUp) {
      this.breakOffAttempt(new AttemptAbortedError(504, message));
      return;
    }
    this.isAttempting = false;
    this.exchange.cancelAttempt();
    this.answer(408, message);
  }

  /** The backend has to go, or has gone without a word: what can turn to another one does. */
  private cut(what: DisconnectScope): void {
    const isRepeatable = isIdempotent(this.exchange.head.method);
    if (this.isAttempting) {
      const isMovable = isRepeatable && this.isBodyReplayable;
      const error = new AttemptAbortedError(isRepeatable ? 503 : 502, 'the backend went out of service', false);
      if (isMovable || what === 'all') this.breakOffAttempt(error);
    } else if (what === 'all') {
      this.exchange.cancelAttempt();
      this.breakOffAnswer();
    }
  }
}
