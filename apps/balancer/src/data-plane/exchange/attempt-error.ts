// How attempts fail, and which kind of failure an error is.
import { isResourceExhaustion } from '../../net/network-error.js';
import type { FailureKind } from './retry-policy.js';

/** The balancer itself ended the attempt. */
export class AttemptAbortedError extends Error {
  constructor(
    /** The status for the client when no further attempt follows. */
    readonly statusCode: 502 | 503 | 504,
    message: string,
    /** False when the backend is taken out of service by an operator. */
    readonly isBackendsFault = true,
  ) {
    super(message);
  }
}

/** The backend sent something that is not an HTTP/1.1 response, or one that cannot be forwarded; the message says why. */
export class InvalidResponseError extends Error {}

/** The kind of failure that an error of a socket or of Node's HTTP client is. */
export function failureKindOf(error: NodeJS.ErrnoException): FailureKind {
  if (error instanceof InvalidResponseError || error.code?.startsWith('HPE_') === true) return 'invalid-response';
  if (error instanceof AttemptAbortedError) return error.statusCode === 504 ? 'timeout' : 'connection-lost';
  if (isResourceExhaustion(error)) return 'resource-exhausted';
  if (error.syscall === 'connect' || error.syscall === 'getaddrinfo') return 'connect-failed';
  // Node itself refuses to send the request, to whichever backend. Errors of TLS are those of the connection.
  const isRefusedHere = error.code?.startsWith('ERR_') === true && !error.code.startsWith('ERR_SSL_');
  return isRefusedHere ? 'request-invalid' : 'connection-lost';
}
