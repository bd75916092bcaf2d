// Whether a failed attempt may be followed by another.
import type { Clock } from '@fairlead/scheduling';

/** Methods whose repetition changes nothing further: RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']);

/** Whether a request of this method may be sent again although it may have been executed. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * How an attempt failed. `connect-failed`: no byte of the request left, for there was no connection. `request-invalid`: the balancer could
 * not say it to any backend; `resource-exhausted`: it has no means left to say it. `invalid-response`: the backend answered something that
 * is no HTTP answer.
 */
export type FailureKind =
  'connect-failed' | 'connection-lost' | 'timeout' | 'invalid-response' | 'request-invalid' | 'resource-exhausted';

/** Whether a failure is no backend's fault. */
export function isLocalFailure(failure: FailureKind): boolean {
  return failure === 'request-invalid' || failure === 'resource-exhausted';
}

/** What decides about another attempt. */
export interface RetrySituation {
  readonly method: string;
  readonly failure: FailureKind;
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Whether what was read of the body can be sent from its beginning. */
  readonly isBodyReplayable: boolean;
}

/** Any method when nothing was sent, else an idempotent one; within the attempts allowed, with the body at hand. */
export function mayRetry({ method, failure, attempts, maxAttempts, isBodyReplayable }: RetrySituation): boolean {
  if (attempts >= maxAttempts || !isBodyReplayable || isLocalFailure(failure)) return false;
  return failure === 'connect-failed' || isIdempotent(method);
}

/** How far back the budget looks, seconds: the time in which what was saved or spent fades to 1/e. */
const MEMORY_SECONDS = 10;
/** How often at least it fades while requests come in: what came in since has faded by less than 1 %. */
const SETTLE_SECONDS = 0.1;

/**
 * Keeps retries to a part of the requests of the last while, so that a failing fleet is not drowned in them, and yet a
 * backend that dies with many requests in flight costs none of them. Every request deposits `part` of a retry, every
 * retry withdraws one, and the balance fades towards zero (after Finagle's RetryBudget; docs/decisions/0007).
 */
export class RetryBudget {
  private balance = 0;
  private settledAt: number;

  constructor(
    /** Part of the requests that may be retried, 0..1. */
    private readonly ratio: number,
    /** Retries per second that are always allowed. */
    private readonly minPerSecond: number,
    private readonly clock: Clock,
  ) {
    this.settledAt = clock();
  }

  /** A request came in, at this second of the clock. */
  deposit(atSeconds: number): void {
    if (atSeconds - this.settledAt > SETTLE_SECONDS) this.settle(atSeconds);
    this.balance += this.ratio;
  }

  /** Takes a retry out of the budget, unless it is spent. */
  tryWithdraw(): boolean {
    this.settle(this.clock());
    if (this.balance - 1 < -this.minPerSecond * MEMORY_SECONDS) return false;
    this.balance--;
    return true;
  }

  private settle(now: number): void {
    this.balance *= Math.exp((this.settledAt - now) / MEMORY_SECONDS);
    this.settledAt = now;
  }
}
