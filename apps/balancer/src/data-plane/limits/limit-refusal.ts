// What a client is told that is over a limit.

/** A response 429. */
export interface LimitRefusal {
  readonly message: string;
  /** Header fields. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** By then something of what a client holds may have ended. */
const RETRY_AFTER_SECONDS = 1;

/** A client that holds `limit` of something. `unit`: the quota unit. */
export function heldRefusal(limit: number, noun: string, policy: string, unit: string): LimitRefusal {
  return {
    message: `one client may have ${limit} ${noun} at a time`,
    fields: {
      'retry-after': RETRY_AFTER_SECONDS,
      'ratelimit-policy': `"${policy}";q=${limit};qu="${unit}"`,
      ratelimit: `"${policy}";r=0`,
    },
  };
}

/** A client that is faster than `perSecond`. The next one is allowed after `waitSeconds`. */
export function rateRefusal(perSecond: number, noun: string, policy: string, waitSeconds: number): LimitRefusal {
  const seconds = Math.max(1, Math.ceil(waitSeconds));
  return {
    message: `one client may have ${perSecond} ${noun} per second`,
    // draft-ietf-httpapi-ratelimit-headers: the quota of a window, and what is left of it.
    fields: {
      'retry-after': seconds,
      'ratelimit-policy': `"${policy}";q=${perSecond};w=1`,
      ratelimit: `"${policy}";r=0;t=${seconds}`,
    },
  };
}
