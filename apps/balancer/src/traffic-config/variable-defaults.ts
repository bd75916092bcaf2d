// What the environment says of traffic: the defaults of pools and routes, and all there is without a configuration file.
import { DEFAULT_POOL, type PoolConfig, type RouteConfig, type TrafficConfig } from '@fairlead/traffic-config';
import type { BalancerConfig } from '../config/balancer.config.js';
import { maxBodyBytes } from '../config/traffic-limits.js';

/** A pool of which a file says nothing but its name. */
function defaultPool(name: string, config: BalancerConfig): PoolConfig {
  return {
    name,
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

/** A route of which a file says nothing but its name: all requests go to the default pool. */
function defaultRoute(name: string, config: BalancerConfig): RouteConfig {
  return {
    name,
    match: { hosts: [], path: { kind: 'any' }, methods: [], headers: [], query: [] },
    action: { kind: 'pools', pools: [{ pool: DEFAULT_POOL, weight: 1 }], stableBy: undefined },
    demand: undefined,
    timeouts: {
      attemptSeconds: config.ATTEMPT_TIMEOUT_SECONDS,
      requestSeconds: config.REQUEST_TIMEOUT_SECONDS,
      idleSeconds: config.STREAM_IDLE_TIMEOUT_SECONDS,
    },
    maxAttempts: config.MAX_ATTEMPTS,
    maxBodyBytes: maxBodyBytes(config.TRAFFIC_LIMITS),
    rate: undefined,
    rewrite: { prefix: undefined, host: undefined },
    requestHeaders: { remove: [], set: [], add: [] },
    responseHeaders: { remove: [], set: [], add: [] },
    mirror: undefined,
    holdSeconds: 0,
  };
}

/** The traffic of a balancer without a configuration file: one pool, and one route to it. */
export function trafficWithoutFile(config: BalancerConfig): TrafficConfig {
  return { pools: [defaultPool(DEFAULT_POOL, config)], routes: [defaultRoute('default', config)], errorPages: [] };
}
