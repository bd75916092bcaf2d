// Whether a failed attempt may be followed by another.

/** Idempotent methods (RFC 9110 §9.2.2): sending them twice has the effect of sending them once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']);

/** Whether a request of this method may be sent again although a backend may have executed it. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** How an attempt failed. */
export type FailureKind =
  /** There was no connection, so that no byte of the request was sent. */
  | 'connect-failed'
  | 'connection-lost'
  | 'timeout'
  /** The backend sent something that is not an HTTP response. */
  | 'invalid-response'
  /** The request cannot be sent to any backend. */
  | 'request-invalid'
  /** The balancer has no descriptor, port or memory left. */
  | 'resource-exhausted';

/** Whether a failure says nothing about the backend. */
export function isLocalFailure(failure: FailureKind): boolean {
  return failure === 'request-invalid' || failure === 'resource-exhausted';
}

/** What decides about another attempt. */
export interface RetrySituation {
  readonly method: string;
  readonly failure: FailureKind;
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Whether the body can be sent from its beginning. */
  readonly isBodyReplayable: boolean;
}

/**
 * Whether another attempt may follow, within `maxAttempts` and with a replayable body: for every method when nothing was
 * sent, otherwise for an idempotent one.
 */
export function mayRetry({ method, failure, attempts, maxAttempts, isBodyReplayable }: RetrySituation): boolean {
  if (attempts >= maxAttempts || !isBodyReplayable || isLocalFailure(failure)) return false;
  return failure === 'connect-failed' || isIdempotent(method);
}

/**
 * Whether a request failed only because no backend could serve it, so that the client may retry it: it gets 503, otherwise
 * 502 (docs/decisions/0014).
 */
export function isUnserved(failure: FailureKind, method: string): boolean {
  if (failure === 'connect-failed' || failure === 'resource-exhausted') return true;
  return failure === 'connection-lost' && isIdempotent(method);
}
