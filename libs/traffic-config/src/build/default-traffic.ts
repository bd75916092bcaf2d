// What the environment says of traffic: the defaults of pools and routes, and all there is without a file.
import { DEFAULT_POOL, type TrafficConfig } from '../traffic-config.js';
import type { TrafficVariables } from '../traffic-variables.js';
import type { TrafficDefaults } from './build-context.js';

/**
 * What a pool and a route say when the file says nothing.
 *
 * @param maxBodyBytes the largest body of a request; Infinity: no limit.
 */
export function trafficDefaults(config: TrafficVariables, maxBodyBytes: number): TrafficDefaults {
  return { pool: poolDefaults(config), route: routeDefaults(config, maxBodyBytes) };
}

function poolDefaults(config: TrafficVariables): TrafficDefaults['pool'] {
  return {
    policy: config.PLACEMENT_POLICY,
    affinity: config.AFFINITY_KEY,
    health: {
      path: undefined,
      statuses: [{ from: 200, to: 299 }],
      intervalSeconds: config.PING_ACK_INTERVAL_SECONDS,
      timeoutSeconds: config.PING_TIMEOUT_SECONDS,
      rise: config.PING_RISE,
      fall: config.PING_FALL,
    },
    outliers: {
      consecutive5xx: config.OUTLIER_CONSECUTIVE_5XX,
      consecutiveGatewayErrors: config.OUTLIER_CONSECUTIVE_GATEWAY_ERRORS,
      intervalSeconds: config.OUTLIER_INTERVAL_SECONDS,
      failureRatio: config.OUTLIER_FAILURE_RATIO,
      latencyFactor: config.OUTLIER_LATENCY_FACTOR,
      minRequests: config.OUTLIER_MIN_REQUESTS,
      ejectionSeconds: config.EJECTION_SECONDS,
      maxEjectionSeconds: config.EJECTION_MAX_SECONDS,
      maxEjectedRatio: config.MAX_EJECTED_RATIO,
    },
    maxInFlightPerBackend: config.MAX_IN_FLIGHT_PER_BACKEND,
    queue: { maxRequests: config.MAX_QUEUED_REQUESTS, timeoutSeconds: config.QUEUE_TIMEOUT_SECONDS },
    retryBudget: { ratio: config.RETRY_BUDGET, minPerSecond: config.RETRY_BUDGET_MIN_PER_SECOND },
    panicThreshold: config.PANIC_THRESHOLD,
    slowStartSeconds: config.SLOW_START_SECONDS,
    stickiness: undefined,
    backends: [],
    discovery: undefined,
  };
}

/** All requests go to the default pool, unchanged. */
function routeDefaults(config: TrafficVariables, maxBodyBytes: number): TrafficDefaults['route'] {
  return {
    match: { hosts: [], path: { kind: 'any' }, methods: [], headers: [], query: [] },
    action: { kind: 'pools', pools: [{ pool: DEFAULT_POOL, weight: 1 }], stableBy: undefined },
    demand: undefined,
    timeouts: {
      attemptSeconds: config.ATTEMPT_TIMEOUT_SECONDS,
      requestSeconds: config.REQUEST_TIMEOUT_SECONDS,
      idleSeconds: config.STREAM_IDLE_TIMEOUT_SECONDS,
    },
    maxAttempts: config.MAX_ATTEMPTS,
    maxBodyBytes,
    rate: undefined,
    rewrite: { prefix: undefined, host: undefined },
    requestHeaders: { remove: [], set: [], add: [] },
    responseHeaders: { remove: [], set: [], add: [] },
    mirror: undefined,
    holdSeconds: 0,
  };
}

/** One pool, and one route that sends all requests to it. */
export function defaultTraffic({ pool, route }: TrafficDefaults): TrafficConfig {
  return { pools: [{ name: DEFAULT_POOL, ...pool }], routes: [{ name: 'default', ...route }], errorPages: [] };
}
