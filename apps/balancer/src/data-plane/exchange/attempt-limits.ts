// The limits of a request and its attempts, the same in every lane.
import type { BalancerConfig } from '../../config/balancer.config.js';

/** The limits that are the same for every route. Milliseconds, unless stated otherwise. */
export interface AttemptLimits {
  /** A backend that takes longer to begin its response is probed. */
  readonly slowExchangeMs: number;
  /** How long a connection may take to open before its backend becomes suspect. */
  readonly slowConnectMs: number;
  /** From a request's head to the end of its response; Infinity: no limit. */
  readonly maxRequestMs: number;
  /** Bytes per second that a client must send or accept of a body; 0: no minimum. */
  readonly minBodyRate: number;
  /** Bytes per second below which an upload is slow; 0: none is. */
  readonly slowUploadRate: number;
}

/** The limits as they are configured. */
export function attemptLimitsOf(config: BalancerConfig, slowConnectMs: number): AttemptLimits {
  return {
    slowExchangeMs: config.SLOW_EXCHANGE_SECONDS * 1000,
    slowConnectMs,
    maxRequestMs: config.MAX_REQUEST_SECONDS === 0 ? Infinity : config.MAX_REQUEST_SECONDS * 1000,
    minBodyRate: config.MIN_BODY_RATE,
    slowUploadRate: config.SLOW_UPLOAD_RATE,
  };
}
