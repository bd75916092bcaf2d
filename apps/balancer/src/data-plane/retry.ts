// Whether a failed attempt may be followed by another. Pure, but for the budget's count.

/** Methods whose repetition changes nothing further: RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']);

/** Whether a request of this method may be sent again although it may have been executed. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** How an attempt failed. `unsent`: no byte of the request left, for there was no connection. */
export type FailureKind = 'unsent' | 'lost' | 'timeout';

/** What decides about another attempt. */
export interface RetrySituation {
  readonly method: string;
  readonly failure: FailureKind;
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Whether what was read of the body can be sent from its beginning. */
  readonly isBodyAtHand: boolean;
}

/** Any method when nothing was sent, else an idempotent one; within the attempts allowed, with the body at hand. */
export function mayRetry({ method, failure, attempts, maxAttempts, isBodyAtHand }: RetrySituation): boolean {
  if (attempts >= maxAttempts || !isBodyAtHand) return false;
  return failure === 'unsent' || isIdempotent(method);
}

/** Keeps retries to a part of the active requests, so that a failing fleet is not drowned in them (as Envoy does). */
export class RetryBudget {
  private active = 0;
  private retrying = 0;

  constructor(
    /** Part of the active requests that may be retries, 0..1. */
    private readonly part: number,
    /** Retries that are always allowed at a time. */
    private readonly atLeast: number,
  ) {}

  requestBegan(): void {
    this.active++;
  }

  /** The request is over, with the retry it may have held. */
  requestEnded(isRetrying: boolean): void {
    this.active--;
    if (isRetrying) this.retrying--;
  }

  /** Takes a retry out of the budget, unless it is spent. A request that holds one keeps it for further attempts. */
  tryTake(): boolean {
    if (this.retrying >= Math.max(this.atLeast, this.part * this.active)) return false;
    this.retrying++;
    return true;
  }
}
