// The configuration of a pool: a set of backends with a policy, health checks and limits of its own. Seconds throughout.

/** One pool. */
export interface PoolConfig {
  readonly name: string;
  /** A placement policy, as `PLACEMENT_POLICY` names it. */
  readonly policy: string;
  /** What `maglev` hashes: `client`, `path`, `header:name` or `cookie:name`. */
  readonly affinity: string;
  readonly health: HealthConfig;
  readonly outliers: OutlierConfig;
  /** Concurrent exchanges on a backend of median capacity. */
  readonly maxInFlightPerBackend: number;
  readonly queue: QueueConfig;
  readonly retryBudget: RetryBudgetConfig;
  /** With a smaller part of the pool up, all backends that respond serve; 0: never. */
  readonly panicThreshold: number;
  /** How long the load of a backend that came up grows; 0: at once. */
  readonly slowStartSeconds: number;
  /** Undefined: the requests of a client go to any backend. */
  readonly stickiness: StickinessConfig | undefined;
  /** Backends that do not register. */
  readonly backends: readonly StaticBackendConfig[];
  /** Undefined: no backends are looked up. */
  readonly discovery: DiscoveryConfig | undefined;
}

/** Active health checks. */
export interface HealthConfig {
  /** The path of a ping for backends that registered without one; undefined: a TCP connection. */
  readonly path: string | undefined;
  /** Statuses of a successful ping, such as 200 to 299. */
  readonly statuses: readonly StatusRange[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Consecutive successful pings that bring back a backend that was down. */
  readonly rise: number;
  /** Consecutive failed pings that take a backend down. */
  readonly fall: number;
}

/** Both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** When a backend is ejected for its responses; 0 turns a condition off. */
export interface OutlierConfig {
  readonly consecutive5xx: number;
  readonly consecutiveGatewayErrors: number;
  readonly intervalSeconds: number;
  readonly failureRatio: number;
  readonly latencyFactor: number;
  readonly minRequests: number;
  readonly ejectionSeconds: number;
  readonly maxEjectionSeconds: number;
  readonly maxEjectedRatio: number;
}

/** Requests that wait while all backends are full. */
export interface QueueConfig {
  readonly maxRequests: number;
  readonly timeoutSeconds: number;
}

/** How many requests may be retried. */
export interface RetryBudgetConfig {
  /** Part of the requests of the last 10 s. */
  readonly ratio: number;
  /** Retries per second that are always allowed. */
  readonly minPerSecond: number;
}

/** A cookie that keeps the requests of a client on one backend. */
export interface StickinessConfig {
  readonly cookie: string;
  /** Undefined: until the browser is closed. */
  readonly lifetimeSeconds: number | undefined;
  readonly sameSite: 'strict' | 'lax' | 'none';
  readonly path: string;
}

/** A backend that the file names: pinged, never leased, never written to the registry file. */
export interface StaticBackendConfig {
  /** Default: the url. */
  readonly id: string;
  /** Origin and optional path prefix. */
  readonly url: string;
  /** Units per second by resource; undefined: not declared. */
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly pingPath: string | undefined;
  readonly maxInFlight: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Backends that DNS names, looked up again and again. */
export interface DiscoveryConfig {
  /** The name that is looked up. */
  readonly name: string;
  /** `SRV` records have a port of their own (RFC 2782). */
  readonly record: 'A' | 'AAAA' | 'SRV';
  /** Of A and AAAA records. */
  readonly port: number | undefined;
  readonly refreshSeconds: number;
  readonly scheme: 'http' | 'https';
  /** Of each backend; undefined: not declared. */
  readonly resources: Readonly<Record<string, number>> | undefined;
}
