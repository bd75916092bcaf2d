// The responses to clients that exceed a limit.

/** A response 429. */
export interface LimitRefusal {
  readonly message: string;
  /** Header fields. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** The names of a limit. */
export interface LimitWords {
  /** In messages, as in `one client may have 5 requests per second`. */
  readonly noun: string;
  /** The name of its policy in the RateLimit fields. */
  readonly policy: string;
  /** The quota unit; undefined for requests, which are the default. */
  readonly unit?: string;
}

/** By then, some of the client's connections or requests may have ended. */
const RETRY_AFTER_SECONDS = 1;

/** The refusal for a client that holds `limit` connections or requests already. */
export function heldRefusal(limit: number, { noun, policy, unit }: LimitWords): LimitRefusal {
  return {
    message: `one client may have ${limit} ${noun} at a time`,
    fields: {
      'retry-after': RETRY_AFTER_SECONDS,
      'ratelimit-policy': `"${policy}";q=${limit}${unitPart(unit)}`,
      ratelimit: `"${policy}";r=0`,
    },
  };
}

/** A rate as it is limited. */
export interface RateInForce {
  readonly perSecond: number;
  /** The balancers that divide it. */
  readonly balancers: number;
}

/** The refusal for a client that exceeds `rate`. The next one is allowed after `waitSeconds`. */
export function rateRefusal(rate: RateInForce, { noun, policy, unit }: LimitWords, waitSeconds: number): LimitRefusal {
  const { perSecond, balancers } = rate;
  const seconds = Math.max(1, Math.ceil(waitSeconds));
  const division = balancers === 1 ? '' : `, divided between ${balancers} balancers`;
  return {
    message: `one client may have ${perSecond} ${noun} per second${division}`,
    // draft-ietf-httpapi-ratelimit-headers: the quota of a window, and what is left of it.
    fields: {
      'retry-after': seconds,
      'ratelimit-policy': `"${policy}";${quotaOf(rate)}${unitPart(unit)}`,
      ratelimit: `"${policy}";r=0;t=${seconds}`,
    },
  };
}

/** What this balancer grants, in whole numbers: `q` in a window of `w` seconds. */
function quotaOf({ perSecond, balancers }: RateInForce): string {
  const own = perSecond / balancers;
  return own >= 1 ? `q=${Math.floor(own)};w=1` : `q=1;w=${Math.ceil(1 / own)}`;
}

function unitPart(unit: string | undefined): string {
  return unit === undefined ? '' : `;qu="${unit}"`;
}
