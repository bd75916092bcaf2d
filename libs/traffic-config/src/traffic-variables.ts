// The environment variables that are the defaults of pools and routes.
import { decimal, oneOf, seconds, wholeNumber } from '@fairlead/configuration';
import { POLICY_NAMES, ResourceSpace } from '@fairlead/scheduling';
import { z } from 'zod';
import { LIMITS } from './limits.js';
import { affinityKey } from './schema/fields.js';

const RESOURCES_FORM = 'must be 1 to 8 different names of lower-case letters, digits and "-", separated by commas';
/** Names separated by commas; parsed into a `ResourceSpace`. */
const resourceNames = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine((names) => names.length <= 8 && names.every((name) => /^[a-z][a-z0-9-]{0,31}$/.test(name)), RESOURCES_FORM)
  .refine((names) => new Set(names).size === names.length, RESOURCES_FORM)
  .transform((names) => new ResourceSpace(names));

/** The resources of the fleet. */
export const resourceVariables = {
  RESOURCES: resourceNames.prefault('compute,storage').describe("The fleet's resources, in order"),
};

/** Which backend serves a request. */
export const placementVariables = {
  PLACEMENT_POLICY: oneOf(POLICY_NAMES)
    .prefault('drf')
    .describe(`Placement policy: ${POLICY_NAMES.join(', ')}`),
  AFFINITY_KEY: affinityKey
    .prefault('client')
    .describe('What `maglev` hashes: client, path, header:name or cookie:name'),
};

/** Active health checks. */
export const healthCheckVariables = {
  PING_ACK_INTERVAL_SECONDS: seconds(...LIMITS.healthIntervalSeconds)
    .prefault('100')
    .describe('Interval of the active health checks'),
  PING_TIMEOUT_SECONDS: seconds(...LIMITS.healthTimeoutSeconds)
    .prefault('1')
    .describe('How long a backend has to respond to a ping'),
  PING_RISE: wholeNumber(...LIMITS.healthThreshold)
    .prefault('2')
    .describe('Consecutive successful pings that bring back a backend that was down'),
  PING_FALL: wholeNumber(...LIMITS.healthThreshold)
    .prefault('3')
    .describe('Consecutive failed pings that take a backend down; the first one takes it out of traffic'),
};

/** Backends that come up, and too few that are. */
export const recoveryVariables = {
  PANIC_THRESHOLD: decimal(0, 1)
    .prefault('0.5')
    .describe('Panic: with a smaller part of the fleet up, all backends that respond serve; 0 turns it off'),
  SLOW_START_SECONDS: seconds(...LIMITS.slowStartSeconds)
    .prefault('10')
    .describe(
      'How long the load of a backend that came up grows from a tenth of its capacity to all of it; 0 turns it off',
    ),
};

/** When a backend is ejected, and how many requests it gets. */
export const outlierVariables = {
  OUTLIER_CONSECUTIVE_5XX: wholeNumber(...LIMITS.consecutiveFailures)
    .prefault('5')
    .describe('Consecutive 5xx responses that eject a backend; 0 turns it off'),
  OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: wholeNumber(...LIMITS.consecutiveFailures)
    .prefault('5')
    .describe('Consecutive failed exchanges or responses 502, 503, 504 that eject a backend; 0 turns it off'),
  OUTLIER_INTERVAL_SECONDS: seconds(...LIMITS.outlierIntervalSeconds)
    .prefault('10')
    .describe('Window of OUTLIER_FAILURE_RATIO, OUTLIER_LATENCY_FACTOR and OUTLIER_MIN_REQUESTS'),
  OUTLIER_FAILURE_RATIO: decimal(0, 1)
    .prefault('0.5')
    .describe('Part of the exchanges of a window that must fail to eject a backend; 0 turns it off'),
  OUTLIER_LATENCY_FACTOR: decimal(...LIMITS.latencyFactor)
    .prefault('10')
    .describe('Multiple of the usual latency of the same classes of requests that ejects a backend; 0 turns it off'),
  OUTLIER_MIN_REQUESTS: wholeNumber(...LIMITS.outlierRequests)
    .prefault('20')
    .describe('Exchanges that a window must have to count'),
  EJECTION_SECONDS: seconds(...LIMITS.ejectionSeconds)
    .prefault('30')
    .describe('How long the first ejection lasts; the nth in a row lasts n times as long'),
  EJECTION_MAX_SECONDS: seconds(...LIMITS.ejectionSeconds)
    .prefault('300')
    .describe('Longest ejection'),
  MAX_EJECTED_RATIO: decimal(0, 1)
    .prefault('0.3')
    .describe('Largest part of the fleet ejected at a time; one backend may always be, but never the last that is up'),
};

/** Full backends. */
export const admissionVariables = {
  MAX_IN_FLIGHT_PER_BACKEND: wholeNumber(...LIMITS.inFlight)
    .prefault('1024')
    .describe('Concurrent exchanges on a backend of median capacity; others scale with their capacity'),
  MAX_QUEUED_REQUESTS: wholeNumber(...LIMITS.queuedRequests)
    .prefault('1024')
    .describe('Requests that may wait while all backends are full, or until a shared registry has confirmed the fleet'),
  QUEUE_TIMEOUT_SECONDS: seconds(...LIMITS.queueTimeoutSeconds)
    .prefault('1')
    .describe('How long such a request waits before it gets 503'),
};

/** How long a request may take. */
export const timeoutVariables = {
  ATTEMPT_TIMEOUT_SECONDS: seconds(...LIMITS.attemptTimeoutSeconds)
    .prefault('10')
    .describe('How long a backend has to begin a response before an idempotent request is retried on another'),
  REQUEST_TIMEOUT_SECONDS: seconds(...LIMITS.requestTimeoutSeconds)
    .prefault('30')
    .describe('How long a request may wait for a response to begin, over all attempts'),
  STREAM_IDLE_TIMEOUT_SECONDS: seconds(...LIMITS.idleTimeoutSeconds)
    .prefault('60')
    .describe(
      'How long a body may make no progress before the exchange is aborted; does not apply to upgraded connections',
    ),
};

/** How often a request is sent. */
export const retryVariables = {
  MAX_ATTEMPTS: wholeNumber(...LIMITS.attempts)
    .prefault('3')
    .describe('Attempts per request, including the first'),
  RETRY_BUDGET: decimal(0, 1).prefault('0.2').describe('Part of the requests of the last 10 s that may be retried'),
  RETRY_BUDGET_MIN_PER_SECOND: decimal(...LIMITS.retriesPerSecond)
    .prefault('3')
    .describe('Retries per second that are always allowed'),
};

/** All of them. */
export const trafficVariables = z.object({
  ...resourceVariables,
  ...placementVariables,
  ...healthCheckVariables,
  ...recoveryVariables,
  ...outlierVariables,
  ...admissionVariables,
  ...timeoutVariables,
  ...retryVariables,
});

/** The validated variables. */
export type TrafficVariables = z.output<typeof trafficVariables>;
