// How small and how large the numbers of pools and routes may be, in the file and in the variables that are its defaults.

/** Least and most, both allowed. Names with `Seconds` are in seconds. */
export const LIMITS = {
  healthIntervalSeconds: [0.1, 86_400],
  healthTimeoutSeconds: [0.05, 60],
  healthThreshold: [1, 100],
  consecutiveFailures: [0, 10_000],
  outlierIntervalSeconds: [0.1, 3_600],
  latencyFactor: [0, 10_000],
  outlierRequests: [1, 1_000_000],
  ejectionSeconds: [0.1, 86_400],
  inFlight: [1, 1_000_000],
  queuedRequests: [0, 1_000_000],
  queueTimeoutSeconds: [0.01, 3_600],
  retriesPerSecond: [0, 10_000],
  slowStartSeconds: [0, 3_600],
  attemptTimeoutSeconds: [0.05, 3_600],
  requestTimeoutSeconds: [0.05, 3_600],
  idleTimeoutSeconds: [0.05, 86_400],
  attempts: [1, 10],
} as const satisfies Record<string, readonly [min: number, max: number]>;
