// A pool as the file has it. Every field may be left out.
import { capacitySchema, registrationSchema } from '@fairlead/contracts';
import { POLICY_NAMES } from '@fairlead/scheduling';
import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { affinityKey, decimal, duration, oneOf, ratio, statuses, text, wholeNumber } from './fields.js';
import { list, mapping, optional, required } from './mapping.js';

const {
  id: backendId,
  url: optionalUrl,
  pingPath: backendPath,
  maxInFlight: backendInFlight,
  labels: backendLabels,
} = registrationSchema.shape;
/** The same rules as for a backend that registers. */
const backendUrl = optionalUrl.unwrap();
const healthPath = backendPath.unwrap();

const health = mapping({
  path: optional(healthPath, 'Path of a ping, where the backend registered without one', 'a TCP connection'),
  statuses: optional(statuses(), 'Statuses of a successful ping: 200, 200-299, 2xx or a list', '2xx'),
  interval: optional(duration(...LIMITS.healthIntervalSeconds), 'Time between two pings', 'PING_ACK_INTERVAL_SECONDS'),
  timeout: optional(
    duration(...LIMITS.healthTimeoutSeconds),
    'How long a backend has to respond to a ping',
    'PING_TIMEOUT_SECONDS',
  ),
  rise: optional(
    wholeNumber(...LIMITS.healthThreshold),
    'Consecutive successful pings that bring back a backend that was down',
    'PING_RISE',
  ),
  fall: optional(
    wholeNumber(...LIMITS.healthThreshold),
    'Consecutive failed pings that take a backend down',
    'PING_FALL',
  ),
});

const outliers = mapping({
  consecutive5xx: optional(
    wholeNumber(...LIMITS.consecutiveFailures),
    'Consecutive 5xx responses that eject a backend; 0 turns it off',
    'OUTLIER_CONSECUTIVE_5XX',
  ),
  consecutiveGatewayErrors: optional(
    wholeNumber(...LIMITS.consecutiveFailures),
    'Consecutive failed exchanges or responses 502, 503, 504 that eject a backend; 0 turns it off',
    'OUTLIER_CONSECUTIVE_GATEWAY_ERRORS',
  ),
  interval: optional(
    duration(...LIMITS.outlierIntervalSeconds),
    'Window of failureRatio, latencyFactor and minRequests',
    'OUTLIER_INTERVAL_SECONDS',
  ),
  failureRatio: optional(
    ratio(),
    'Part of the exchanges of a window that must fail to eject a backend; 0 turns it off',
    'OUTLIER_FAILURE_RATIO',
  ),
  latencyFactor: optional(
    decimal(...LIMITS.latencyFactor),
    'Multiple of the usual latency of the same classes of requests that ejects a backend; 0 turns it off',
    'OUTLIER_LATENCY_FACTOR',
  ),
  minRequests: optional(
    wholeNumber(...LIMITS.outlierRequests),
    'Exchanges that a window must have to count',
    'OUTLIER_MIN_REQUESTS',
  ),
  ejection: optional(
    duration(...LIMITS.ejectionSeconds),
    'How long the first ejection lasts; the nth in a row lasts n times as long',
    'EJECTION_SECONDS',
  ),
  maxEjection: optional(duration(...LIMITS.ejectionSeconds), 'Longest ejection', 'EJECTION_MAX_SECONDS'),
  maxEjectedRatio: optional(ratio(), 'Largest part of the pool that is ejected at a time', 'MAX_EJECTED_RATIO'),
});

const COOKIE_NAME_FORM = 'must be the name of a cookie, such as fairlead: letters, digits, "_" and "-"';
const COOKIE_PATH_FORM = 'must be a path such as /, of printable ASCII without spaces and ";"';
/** Browsers keep no cookie for longer: RFC 6265bis, section 5.5. */
const MAX_COOKIE_SECONDS = 400 * 86_400;

const stickiness = mapping({
  cookie: optional(
    text(/^[A-Za-z0-9_-]{1,100}$/, COOKIE_NAME_FORM),
    'Name of the cookie that keeps a client on one backend',
    'fairlead',
  ),
  lifetime: optional(
    duration(1, MAX_COOKIE_SECONDS),
    'How long the browser keeps the cookie; its use does not extend this',
    'until the browser is closed',
  ),
  sameSite: optional(oneOf(['strict', 'lax', 'none']), 'SameSite of the cookie: strict, lax or none', 'lax'),
  path: optional(text(/^\/[\x21-\x3a\x3c-\x7e]{0,499}$/, COOKIE_PATH_FORM), 'Path of the cookie', '/'),
});

const NOT_DECLARED = 'not declared';

const backend = mapping({
  url: required(backendUrl, 'Origin of the backend, with an optional prefix for all paths'),
  id: optional(backendId.unwrap(), 'Id of the backend', 'its url'),
  resources: optional(capacitySchema, 'Capacity, units per second by resource', NOT_DECLARED),
  pingPath: optional(healthPath, 'Path of a ping', 'health.path of the pool'),
  maxInFlight: optional(backendInFlight.unwrap(), 'Most concurrent exchanges', 'derived from the capacity'),
  labels: optional(backendLabels.unwrap(), 'Labels, for the API and the dashboard'),
});

const HOST_FORM = 'must be a DNS name such as api.internal or _http._tcp.api.internal';

/** Whether every label has 1 to 63 characters; a dot at the end is allowed. */
function isDnsName(name: string): boolean {
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  return labels.every((label) => label.length >= 1 && label.length <= 63 && !label.startsWith('-'));
}

const discovery = mapping({
  name: required(text(/^[A-Za-z0-9_.-]{1,253}$/, HOST_FORM).refine(isDnsName, HOST_FORM), 'DNS name that is looked up'),
  record: optional(oneOf(['A', 'AAAA', 'SRV']), 'Type of the records: A, AAAA or SRV', 'A'),
  port: optional(wholeNumber(1, 65_535), 'Port of the backends; SRV records have their own', '80, or 443 with https'),
  refresh: optional(duration(1, 86_400), 'Time between two lookups', '30s'),
  scheme: optional(oneOf(['http', 'https']), 'Scheme of the backends: http or https', 'http'),
  resources: optional(capacitySchema, 'Capacity of each backend, units per second by resource', NOT_DECLARED),
});

/** One entry of `pools`. */
export const poolSchema = mapping({
  policy: optional(oneOf(POLICY_NAMES), 'Placement policy', 'PLACEMENT_POLICY'),
  affinity: optional(affinityKey, 'What `maglev` hashes: client, path, header:name or cookie:name', 'AFFINITY_KEY'),
  health: optional(health, 'Active health checks'),
  outliers: optional(outliers, 'When a backend is ejected for its responses'),
  maxInFlightPerBackend: optional(
    wholeNumber(...LIMITS.inFlight),
    'Concurrent exchanges on a backend of median capacity',
    'MAX_IN_FLIGHT_PER_BACKEND',
  ),
  queue: optional(
    mapping({
      maxRequests: optional(
        wholeNumber(...LIMITS.queuedRequests),
        'Requests that may wait while all backends are full, or until a shared registry has confirmed the fleet',
        'MAX_QUEUED_REQUESTS',
      ),
      timeout: optional(
        duration(...LIMITS.queueTimeoutSeconds),
        'How long such a request waits before it gets 503',
        'QUEUE_TIMEOUT_SECONDS',
      ),
    }),
    'Requests that wait while all backends are full',
  ),
  retryBudget: optional(
    mapping({
      ratio: optional(ratio(), 'Part of the requests of the last 10 s that may be retried', 'RETRY_BUDGET'),
      minPerSecond: optional(
        decimal(...LIMITS.retriesPerSecond),
        'Retries per second that are always allowed',
        'RETRY_BUDGET_MIN_PER_SECOND',
      ),
    }),
    'How many requests may be retried',
  ),
  panicThreshold: optional(
    ratio(),
    'With a smaller part of the pool up, all backends that respond serve; 0 turns it off',
    'PANIC_THRESHOLD',
  ),
  slowStart: optional(
    duration(...LIMITS.slowStartSeconds),
    'How long the load of a backend that came up grows; 0 turns it off',
    'SLOW_START_SECONDS',
  ),
  stickiness: optional(stickiness, 'Keeps the requests of a client on one backend, by a cookie'),
  backends: optional(list(backend, 'backends'), 'Backends that the file lists; they need not register'),
  discovery: optional(discovery, 'Backends that are looked up in DNS'),
});

/** See {@link poolSchema}. */
export type PoolInFile = z.output<typeof poolSchema>;
