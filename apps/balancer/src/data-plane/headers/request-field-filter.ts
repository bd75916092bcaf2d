// Which fields of a client's request are not forwarded: those of the connection, and what clients may not say. Pure.
import { HOP_BY_HOP, PROXY_SET_HEADERS, trailerPairs, type FieldTest, type Hop } from './header-rules.js';
import { REQUEST_ID_FIELD } from './request-id-header.js';

/** Names that begin so are those of the balancer itself: a client's are dropped. */
const OWN_PREFIX = 'fairlead-';

/** Request fields that ask for another target than the request line has: some frameworks obey them. Dropped. */
const TARGET_OVERRIDES = ['x-original-url', 'x-rewrite-url'];

/** Request fields that name the client or how it came: dropped unless a trusted proxy sends them. */
const CLIENT_CLAIMS = ['x-real-ip', 'true-client-ip'];
/** The same, for all names that begin so. */
const CLIENT_CLAIM_PREFIX = 'x-forwarded-';

/** Whether a field, by its name in lower case, says who the client is or how it came: only a trusted proxy may. */
export function isClaim(name: string): boolean {
  return name === 'forwarded' || CLIENT_CLAIMS.includes(name) || name.startsWith(CLIENT_CLAIM_PREFIX);
}

/** What becomes of request fields with `_` in their name, which many backends take for `-`. */
export type UnderscoreRule = 'drop' | 'reject' | 'allow';

/** Which fields of a request are dropped, by their names in lower case. */
export class RequestFieldFilter {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];

  constructor(
    isFromProxy: boolean,
    /** Whether names with `_` are dropped. */
    readonly dropsUnderscores: boolean,
    /** Whether the balancer sets the id of requests. */
    setsRequestId: boolean,
  ) {
    const claims = isFromProxy ? [] : CLIENT_CLAIMS;
    const ids = setsRequestId ? [REQUEST_ID_FIELD] : [];
    this.names = new Set([...HOP_BY_HOP, ...PROXY_SET_HEADERS, ...TARGET_OVERRIDES, ...claims, ...ids]);
    this.prefixes = isFromProxy ? [OWN_PREFIX] : [OWN_PREFIX, CLIENT_CLAIM_PREFIX];
  }

  /** Whether a field is dropped, by its name in lower case. */
  readonly drops: FieldTest = (name) => {
    if (this.names.has(name) || (this.dropsUnderscores && name.includes('_'))) return true;
    return this.prefixes.some((prefix) => name.startsWith(prefix));
  };
}

/** The filters for requests of trusted proxies and of all other peers. */
export class RequestFieldFilters {
  private readonly fromProxies: RequestFieldFilter;
  private readonly fromOthers: RequestFieldFilter;

  constructor(underscores: UnderscoreRule, setsRequestId: boolean) {
    this.fromProxies = new RequestFieldFilter(true, underscores !== 'allow', setsRequestId);
    this.fromOthers = new RequestFieldFilter(false, underscores !== 'allow', setsRequestId);
  }

  for({ isProxy }: Pick<Hop['peer'], 'isProxy'>): RequestFieldFilter {
    return isProxy ? this.fromProxies : this.fromOthers;
  }
}

/** Drops the most: it has all names and prefixes that are dropped from some request. */
export const STRICTEST_FILTER = new RequestFieldFilter(false, true, true);

/** The trailers of a request to forward. A backend may merge them into its headers, so no peer's claims are in them. */
export function requestTrailerPairs(raw: readonly string[]): [string, string][] {
  return trailerPairs(raw).filter(([name]) => !STRICTEST_FILTER.drops(name.toLowerCase()));
}
