// How attempts fail, and what that says about them.
import { isResourceExhaustion } from '../../net/network-error.js';
import type { FailureKind } from './retry-policy.js';

/** The balancer itself broke the attempt off. */
export class AttemptAbortedError extends Error {
  constructor(
    /** What the client is answered when it was the last attempt. */
    readonly statusCode: 502 | 503 | 504,
    message: string,
    /** Whether the backend is to blame; it is not when the operator has it leave. */
    readonly isBackendsFault = true,
  ) {
    super(message);
  }
}

/** The backend answered something that is no HTTP/1.1 answer, or none that can be passed on; the message says why. */
export class InvalidResponseError extends Error {}

/** What kind of failure an error of Node's HTTP client is. */
export function failureKindOf(error: NodeJS.ErrnoException): FailureKind {
  if (error instanceof InvalidResponseError || error.code?.startsWith('HPE_') === true) return 'invalid-response';
  if (error instanceof AttemptAbortedError) return error.statusCode === 504 ? 'timeout' : 'connection-lost';
  if (isResourceExhaustion(error)) return 'resource-exhausted';
  if (error.syscall === 'connect' || error.syscall === 'getaddrinfo') return 'connect-failed';
  // Node's own refusals: what was to be said could not be said to anybody.
  return error.code?.startsWith('ERR_') === true ? 'request-invalid' : 'connection-lost';
}
