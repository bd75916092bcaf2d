// How long a request may wait for its answer to begin: what is watched for next, and what it means when time is up.

/** The limits that an exchange is held to. Milliseconds. */
export interface TimeoutLimits {
  /** One attempt of a request that can be repeated. */
  readonly attemptTimeoutMs: number;
  /** All attempts together, from when there was nothing left to send. */
  readonly requestTimeoutMs: number;
  /** A body that stands still. */
  readonly streamIdleTimeoutMs: number;
  /** A backend that takes longer to begin its answer is asked whether it is there. */
  readonly slowExchangeMs: number;
}

/**
 * What it means that time is up: the client's body stands still; the backend is slow, which is no failure yet; the attempt
 * has had its time, and another backend might do better; the request has had its time.
 */
export type ExpiredTimeout = 'upload-stalled' | 'slow' | 'attempt-over' | 'request-over';

export class AttemptTimeouts {
  /** When the present attempt has had its time, milliseconds after the request came. */
  private attemptEndsAtMs = Infinity;
  /** When there was nothing left to send; undefined while the body comes in. */
  private uploadedAtMs: number | undefined;
  private isIdempotent = false;

  constructor(
    private readonly limits: TimeoutLimits,
    /** Tells the time since the request came, milliseconds. */
    private readonly clock: { readonly elapsedMs: number },
  ) {}

  /** A request has come. */
  reset(isRepeatable: boolean, hasBody: boolean): void {
    this.attemptEndsAtMs = Infinity;
    this.isIdempotent = isRepeatable;
    this.uploadedAtMs = hasBody ? undefined : 0;
  }

  /** There is nothing left to send. */
  onRequestSent(): void {
    this.uploadedAtMs = this.clock.elapsedMs;
  }

  /** How long backends have had for an answer. */
  get waitedMs(): number {
    return this.uploadedAtMs === undefined ? 0 : this.clock.elapsedMs - this.uploadedAtMs;
  }

  /** Time left to the request. */
  get leftMs(): number {
    return Math.max(0, this.limits.requestTimeoutMs - this.waitedMs);
  }

  /**
   * An attempt begins, or its upload is done. Answers how long to watch. While a body comes in, standing still is what
   * counts; after that, how long the answer takes to begin. `elapsedMs`: now, for whoever knows.
   */
  startAttempt(elapsedMs = this.clock.elapsedMs): number {
    const { limits, uploadedAtMs } = this;
    if (uploadedAtMs === undefined) return limits.streamIdleTimeoutMs;
    const leftMs = Math.max(0, limits.requestTimeoutMs - (elapsedMs - uploadedAtMs));
    const patienceMs = this.isIdempotent ? Math.min(limits.attemptTimeoutMs, leftMs) : leftMs;
    this.attemptEndsAtMs = elapsedMs + patienceMs;
    return Math.min(limits.slowExchangeMs, patienceMs);
  }

  /** What was watched for did not come. */
  expired(): ExpiredTimeout {
    if (this.uploadedAtMs === undefined) return 'upload-stalled';
    if (this.attemptLeftMs > 1) return 'slow';
    return this.leftMs > 1 ? 'attempt-over' : 'request-over';
  }

  /** Time left to the present attempt: how long to watch on after `slow`. */
  get attemptLeftMs(): number {
    return Math.max(0, this.attemptEndsAtMs - this.clock.elapsedMs);
  }

  /** Slow is better than nothing: the present attempt has all the time that is left. Answers how long that is. */
  extend(): number {
    this.attemptEndsAtMs = this.clock.elapsedMs + this.leftMs;
    return this.leftMs;
  }
}
