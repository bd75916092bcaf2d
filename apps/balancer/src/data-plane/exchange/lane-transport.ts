// What the attempts of a request need of the lane that moves its bytes.
import type { MirrorConfig } from '@fairlead/traffic-config';
import type { RequestDetails } from '../../metrics/request-log.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import type { ErrorFields } from '../headers/error-response.js';
import type { AttemptAbortedError, InvalidResponseError } from './attempt-error.js';

/** How a lane moves the bytes of one request. */
export interface LaneTransport {
  /** What the log can ask of the request. */
  readonly details: RequestDetails;
  /** Sends the request to a backend. A failure is reported to `AttemptLoop.onAttemptError`. */
  startAttempt(backend: FleetBackend): void;
  /** Ends the present attempt, which leads to `AttemptLoop.onAttemptError` with this error. */
  abortAttempt(error: AttemptAbortedError | InvalidResponseError): void;
  /** Cuts a response that has begun. The client must see that it is not whole. */
  abortResponse(): void;
  /** Copies the request, whose body is whole, to another pool, or a part of such requests. */
  mirror(config: MirrorConfig): void;
  /** Sends a response of the balancer's own. */
  sendError(statusCode: number, message: string, fields?: ErrorFields): void;
  /** Whether the request's body can be sent from its beginning. */
  readonly isBodyReplayable: boolean;
  /** Whether the backend does not accept the body that is ready to be sent. */
  readonly isUpstreamBackpressured: boolean;
  /** Whether the client does not accept the response that is ready to be sent. */
  readonly isDownstreamBackpressured: boolean;
}
