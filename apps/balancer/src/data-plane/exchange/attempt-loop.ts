// What every lane does with a request: one attempt after another, the timeouts, and what follows a failure. How bytes move
// is the lane's own, behind `LaneTransport`.
import type { RequestDetails } from '../../metrics/request-log.js';
import { describeError } from '../../net/network-error.js';
import type { PlacementObstacle } from '../../placement/drf.scheduler.js';
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import type { ErrorFields } from '../headers/error-response.js';
import { Deadline, type DeadlineClock } from '../io/deadline-clock.js';
import type { ExchangeControl } from './active-exchanges.js';
import { AttemptAbortedError, failureKindOf } from './attempt-error.js';
import type { AttemptLimits } from './attempt-limits.js';
import { AttemptTimeouts } from './attempt-timeouts.js';
import { BodyRate } from './body-rate.js';
import type { Exchange } from './exchange.js';
import type { PlacedRequest } from './placed-request.js';
import type { ExchangeFactory } from './exchange-factory.js';
import type { LaneTransport } from './lane-transport.js';
import { isIdempotent, isLocalFailure, isUnserved, type FailureKind } from './retry-policy.js';

/** The status in the log for a client that left before its response had begun, as nginx has it. */
const CLIENT_CLOSED_REQUEST = 499;

/** What the client is told when its request was not placed. */
const MESSAGES: Readonly<Record<PlacementObstacle, string>> = {
  stale: 'the registry has not confirmed recently which backends are in the fleet',
  full: 'all backends are full',
  none: 'no backend can take this request now',
};
const TOO_SLOW = 'the request body arrives too slowly';

/** Serves one request after another: {@link start} may follow {@link end}. */
export class AttemptLoop implements ExchangeControl {
  readonly exchange: Exchange;
  /** The status that the client was sent. */
  status = CLIENT_CLOSED_REQUEST;
  private readonly timeouts: AttemptTimeouts;
  private readonly deadline: Deadline;
  private readonly rate: BodyRate;
  private isUpgraded = false;
  /** Of the request's route. */
  private streamIdleTimeoutMs = Infinity;
  isSlowUpload = false;

  constructor(
    factory: ExchangeFactory,
    readonly limits: AttemptLimits,
    clock: DeadlineClock,
    private readonly transport: LaneTransport,
  ) {
    this.exchange = factory.create(this);
    this.timeouts = new AttemptTimeouts(limits.slowExchangeMs, this.exchange);
    this.deadline = new Deadline(clock, () => this.onTimeout());
    this.rate = new BodyRate(limits.minBodyRate);
  }

  get details(): RequestDetails {
    return this.transport.details;
  }

  /** Whether the request was sent to a backend whose response has not begun. */
  get isAttempting(): boolean {
    return this.exchange.state === 'attempting';
  }

  /** Whether there is no request. */
  get isIdle(): boolean {
    return this.exchange.state === 'idle';
  }

  /** Begins with a request that has arrived; {@link tryNext} follows. */
  start(head: PlacedRequest, hasBody: boolean): void {
    this.status = CLIENT_CLOSED_REQUEST;
    this.isUpgraded = false;
    this.isSlowUpload = false;
    this.streamIdleTimeoutMs = head.route.streamIdleTimeoutMs;
    this.rate.reset(this.streamIdleTimeoutMs);
    this.exchange.start(head);
    this.timeouts.reset(isIdempotent(head.method), hasBody, head.route);
    if (!hasBody) this.mirror();
  }

  /** Starts an attempt on the backend that fits best now, or waits for room, or rejects the request. */
  tryNext(): void {
    const { overLimit } = this.exchange;
    if (overLimit) {
      this.exchange.giveUp(false);
      this.sendError(429, overLimit.message, overLimit.fields);
      return;
    }
    const backend = this.exchange.placeNext();
    if (backend) this.startAttempt(backend);
    else if (this.exchange.obstacle === 'none') this.holdOrReject();
    else if (!this.enqueue()) this.reject();
  }

  /** The client's body has arrived whole. */
  onRequestSent(): void {
    this.timeouts.onRequestSent();
    this.mirror();
    if (this.isAttempting) this.deadline.set(this.timeouts.startAttempt());
  }

  /** Bytes of a body have moved; 0: the other side has accepted what was sent before. */
  onBytes(count: number): void {
    this.rate.add(count);
    if (!this.isAttempting || this.timeouts.isUploading) this.deadline.touch();
  }

  /** The client's body is longer than a body may be, which was not known when the request was placed. */
  onBodyTooLarge(message: string): void {
    const { exchange } = this;
    exchange.leaveQueue();
    this.cutRequest(413, message);
  }

  /** The connection to the backend takes too long to open. */
  onSlowConnect(): void {
    this.exchange.onSlowConnect(`exchange failed: no connection within ${this.limits.slowConnectMs} ms`);
  }

  /** The head of the backend's response has arrived. */
  onResponseHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    this.status = status;
    this.deadline.set(this.streamIdleTimeoutMs);
    this.rate.reset(this.streamIdleTimeoutMs);
    this.isSlowUpload = false;
    this.exchange.onResponseHead(status, headers);
  }

  /** The connection was upgraded: the limits of a request do not hold any more. */
  onUpgrade(): void {
    this.deadline.clear();
    this.isUpgraded = true;
  }

  /**
   * The attempt failed before its response began. Losing a reused keep-alive connection does not count against the backend.
   */
  onAttemptError(error: Error, isReusedConnection: boolean): void {
    const { exchange } = this;
    if (!this.isAttempting) return;
    const failure = failureKindOf(error);
    const isBlameless = failure === 'connection-lost' && isReusedConnection;
    const isSpared = isLocalFailure(failure) || (error instanceof AttemptAbortedError && !error.isBackendsFault);
    if (isSpared) exchange.cancelAttempt();
    else exchange.failAttempt(isBlameless ? undefined : `exchange failed: ${describeError(error)}`);
    if (this.timeouts.hasTimeLeft && exchange.tryConsumeRetry(failure, this.transport.isBodyReplayable)) this.tryNext();
    else this.giveUp(error, failure);
  }

  /** The backend stopped in the middle of its response. */
  onResponseError(reason: string): void {
    this.exchange.failAttempt(`cut off in mid-response: ${reason}`);
    this.transport.abortResponse();
  }

  /** The request is over. `endedAtMs`: monotonic milliseconds, for a caller that knows. */
  end(endedAtMs?: number): void {
    this.deadline.clear();
    this.exchange.end(this.status, endedAtMs);
  }

  enforceLimits(elapsedMs: number): void {
    const { exchange, limits, rate } = this;
    const bytes = rate.takeBytes();
    if (this.isUpgraded) return;
    if (exchange.elapsedMs > limits.maxRequestMs) {
      this.cutRequest(504, `the request took longer than ${limits.maxRequestMs} ms`);
      return;
    }
    const isUploading = this.isAttempting && this.timeouts.isUploading;
    if (!isUploading && this.isAttempting) return;
    const { isUpstreamBackpressured, isDownstreamBackpressured } = this.transport;
    // A body that waits for the backend is not the client's fault.
    if (isUploading ? isUpstreamBackpressured : !isDownstreamBackpressured) return;
    const isWholeInterval = exchange.elapsedMs > elapsedMs;
    this.isSlowUpload = isUploading && isWholeInterval && 1000 * bytes < limits.slowUploadRate * elapsedMs;
    if (rate.isTooSlow(bytes, elapsedMs)) this.cutRequest(408, TOO_SLOW);
  }

  rejectSlowUpload(): void {
    this.cutRequest(408, 'the request body arrives slowly, and other requests need the place');
  }

  disconnect(scope: DisconnectScope): void {
    const isRepeatable = isIdempotent(this.exchange.head.method);
    if (this.isAttempting) {
      const isRetryable = isRepeatable && this.transport.isBodyReplayable;
      const error = new AttemptAbortedError(isRepeatable ? 503 : 502, 'the backend went out of service', false);
      if (isRetryable || scope === 'all') this.transport.abortAttempt(error);
    } else if (scope === 'all') this.cutResponse();
  }

  private mirror(): void {
    const { head, overLimit } = this.exchange;
    const { mirror } = head.route;
    if (mirror && !overLimit) this.transport.mirror(mirror);
  }

  private startAttempt(backend: FleetBackend): void {
    this.deadline.set(this.timeouts.startAttempt(this.exchange.placedMs));
    this.transport.startAttempt(backend);
  }

  /** Waits for the first backend of a pool that has none, if the request's route allows it, or rejects the request. */
  private holdOrReject(): void {
    const leftMs = this.exchange.head.route.holdMs - this.exchange.elapsedMs;
    if (leftMs <= 0 || !this.enqueue(leftMs)) this.reject();
  }

  /**
   * Waits for room and for the registry, or for `holdMs` for a backend, and gets 503 if none comes in time. Returns whether
   * the request waits.
   */
  private enqueue(holdMs?: number): boolean {
    const { exchange } = this;
    const isQueued = exchange.enqueue(
      (backend) => this.startAttempt(backend),
      // The pool of a request that waited for the registry may have turned out to be empty.
      () => (exchange.obstacle === 'none' ? this.holdOrReject() : this.reject()),
      holdMs,
    );
    if (isQueued) this.deadline.clear();
    return isQueued;
  }

  /** Says why the request could not be placed when that was last tried. */
  private reject(): void {
    this.exchange.giveUp(true);
    this.sendError(503, MESSAGES[this.exchange.obstacle]);
  }

  private giveUp(error: Error, failure: FailureKind): void {
    this.exchange.giveUp(false);
    if (failure === 'invalid-response') this.sendError(502, 'the backend sent an invalid response');
    else if (error instanceof AttemptAbortedError) this.sendError(error.statusCode, error.message);
    else if (isUnserved(failure, this.exchange.head.method))
      this.sendError(503, `no backend could serve this request: ${describeError(error)}`);
    else this.sendError(502, `the backend failed: ${describeError(error)}`);
  }

  private sendError(statusCode: number, message: string, fields?: ErrorFields): void {
    this.deadline.clear();
    this.status = statusCode;
    this.transport.sendError(statusCode, message, fields);
  }

  private onTimeout(): void {
    const { timeouts, exchange, deadline } = this;
    if (!this.isAttempting) {
      this.onDownloadIdle();
      return;
    }
    const expired = timeouts.expired();
    switch (expired) {
      case 'upload-stalled':
        this.onUploadIdle();
        break;
      case 'slow':
        deadline.set(timeouts.attemptLeftMs);
        exchange.onSlowResponse();
        break;
      case 'attempt-over':
        // When no other backend can be tried, the attempt has all the time that is left.
        if (exchange.hasAlternative(this.transport.isBodyReplayable)) this.abortForTimeout();
        else deadline.set(timeouts.extend());
        break;
      case 'request-over':
        this.abortForTimeout();
        break;
      default: {
        const exhaustive: never = expired;
        throw new Error(`unknown timeout ${String(exhaustive)}`);
      }
    }
  }

  private abortForTimeout(): void {
    const message = `no response within ${Math.round(this.timeouts.waitedMs)} ms`;
    this.transport.abortAttempt(new AttemptAbortedError(504, message));
  }

  private onDownloadIdle(): void {
    if (this.transport.isDownstreamBackpressured) this.cutResponse();
    else this.onResponseError(`no byte within ${this.streamIdleTimeoutMs} ms`);
  }

  private onUploadIdle(): void {
    const message = `no byte of the request's body within ${this.streamIdleTimeoutMs} ms`;
    if (this.transport.isUpstreamBackpressured) this.transport.abortAttempt(new AttemptAbortedError(504, message));
    else this.cutRequest(408, message);
  }

  /** Ends a request for a reason that is not the backend's fault. */
  private cutRequest(statusCode: number, message: string): void {
    const { exchange } = this;
    if (!this.isAttempting && exchange.state !== 'placing') {
      this.cutResponse();
      return;
    }
    exchange.cancelAttempt();
    exchange.giveUp(false);
    this.sendError(statusCode, message);
  }

  private cutResponse(): void {
    this.exchange.cancelAttempt();
    this.transport.abortResponse();
  }
}
