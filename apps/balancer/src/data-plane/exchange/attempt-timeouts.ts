// How long a request may wait for its response to begin: which timeout comes next, and what it means when it expires.
import type { RouteTimeLimits } from '../routing/route.js';

/**
 * What an expired timeout means: no byte of the client's body moves; the backend is slow, which is no failure yet; the
 * attempt has used its time, and another backend may do better; the request has used its time.
 */
export type ExpiredTimeout = 'upload-stalled' | 'slow' | 'attempt-over' | 'request-over';

const NO_LIMITS: RouteTimeLimits = {
  attemptTimeoutMs: Infinity,
  requestTimeoutMs: Infinity,
  streamIdleTimeoutMs: Infinity,
};

export class AttemptTimeouts {
  /** When the present attempt has used its time, milliseconds after the request arrived. */
  private attemptEndsAtMs = Infinity;
  /** When the request was sent whole; undefined while its body is arriving. */
  private sentAtMs: number | undefined;
  private isIdempotent = false;
  private limits: RouteTimeLimits = NO_LIMITS;

  constructor(
    /** A backend that takes longer to begin its response is probed. Milliseconds. */
    private readonly slowExchangeMs: number,
    /** The time since the request arrived, milliseconds. */
    private readonly clock: { readonly elapsedMs: number },
  ) {}

  /** Begins with a request that has arrived. `limits`: those of its route. */
  reset(isIdempotent: boolean, hasBody: boolean, limits: RouteTimeLimits): void {
    this.limits = limits;
    this.attemptEndsAtMs = Infinity;
    this.isIdempotent = isIdempotent;
    this.sentAtMs = hasBody ? undefined : 0;
  }

  /** The last byte of the request was sent. */
  onRequestSent(): void {
    this.sentAtMs = this.clock.elapsedMs;
  }

  /** Whether the client's body is still arriving. */
  get isUploading(): boolean {
    return this.sentAtMs === undefined;
  }

  /** How long backends have had to respond. Milliseconds. */
  get waitedMs(): number {
    return this.sentAtMs === undefined ? 0 : this.clock.elapsedMs - this.sentAtMs;
  }

  /** Time left to the request. Milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.limits.requestTimeoutMs - this.waitedMs);
  }

  /** Whether another attempt would have time for its response. */
  get hasTimeLeft(): boolean {
    return this.leftMs > 1;
  }

  /**
   * Starts an attempt, or the wait after its body was sent, and returns the first timeout in milliseconds. While a body
   * arrives, the time without a byte counts; afterwards, the time until the response begins. `elapsedMs`: now, for a
   * caller that knows.
   */
  startAttempt(elapsedMs = this.clock.elapsedMs): number {
    const { limits, sentAtMs } = this;
    if (sentAtMs === undefined) return limits.streamIdleTimeoutMs;
    const leftMs = Math.max(0, limits.requestTimeoutMs - (elapsedMs - sentAtMs));
    const timeoutMs = this.isIdempotent ? Math.min(limits.attemptTimeoutMs, leftMs) : leftMs;
    this.attemptEndsAtMs = elapsedMs + timeoutMs;
    return Math.min(this.slowExchangeMs, timeoutMs);
  }

  /** What the timeout that has just expired means. */
  expired(): ExpiredTimeout {
    if (this.isUploading) return 'upload-stalled';
    if (this.attemptLeftMs > 1) return 'slow';
    return this.hasTimeLeft ? 'attempt-over' : 'request-over';
  }

  /** Time left to the present attempt, the next timeout after `slow`. Milliseconds. */
  get attemptLeftMs(): number {
    return Math.max(0, this.attemptEndsAtMs - this.clock.elapsedMs);
  }

  /** Gives the present attempt all the time that is left, and returns it in milliseconds. */
  extend(): number {
    this.attemptEndsAtMs = this.clock.elapsedMs + this.leftMs;
    return this.leftMs;
  }
}
