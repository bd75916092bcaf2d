// The configuration of a route: which requests it matches, where they go, and what is changed on the way.

/** One route. */
export interface RouteConfig {
  /** Unique; default `route-1` for the first, and so on. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  /** Units by resource of each request; undefined: as without the route. */
  readonly demand: Readonly<Record<string, number>> | undefined;
  readonly timeouts: RouteTimeouts;
  /** Attempts per request, the first included. */
  readonly maxAttempts: number;
  /** The largest body of a request, bytes; Infinity: no limit. */
  readonly maxBodyBytes: number;
  /** Requests per second of one client; undefined: no limit besides those for all routes. */
  readonly rate: RouteRate | undefined;
  readonly rewrite: RouteRewrite;
  readonly requestHeaders: HeaderChanges;
  readonly responseHeaders: HeaderChanges;
  /** Undefined: no request is copied. */
  readonly mirror: MirrorConfig | undefined;
  /** How long a request waits for the first backend of an empty pool; 0: it gets 503 at once. */
  readonly holdSeconds: number;
}

/** All that is given has to match. */
export interface RouteMatch {
  /** In lower case without a port: `example.com`, or `*.example.com` for all names below it. Empty: any host. */
  readonly hosts: readonly string[];
  readonly path: PathMatch;
  /** Empty: any method. */
  readonly methods: readonly string[];
  /** Names in lower case. */
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
}

/** Paths are compared as they arrive, without the query. */
export type PathMatch =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly path: string }
  /** Whole segments: `/api` matches `/api` and `/api/v1`, and not `/apis`. Without a slash at its end, except `/`. */
  | { readonly kind: 'prefix'; readonly path: string }
  /** `:name` matches one segment, `*name` at the end one or more. */
  | { readonly kind: 'pattern'; readonly path: string };

/** A header field or a parameter of the query. */
export interface ValueMatch {
  readonly name: string;
  /** Undefined: any value. */
  readonly value: string | undefined;
}

/** What becomes of the requests of a route. */
export type RouteAction =
  | { readonly kind: 'pools'; readonly pools: readonly WeightedPool[]; readonly stableBy: string | undefined }
  | RedirectAction
  | RespondAction;

/** A pool with its part of the requests: its weight divided by the sum of all. */
export interface WeightedPool {
  readonly pool: string;
  readonly weight: number;
}

/** Sends clients elsewhere. What is undefined stays as the client asked. */
export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly scheme: 'http' | 'https' | undefined;
  /** With a port if there is one. */
  readonly host: string | undefined;
  /** In place of the path; the query is kept. */
  readonly path: string | undefined;
  /** Replaces the prefix that the route matches; excludes `path`. */
  readonly prefix: string | undefined;
}

/** A response of the balancer's own. */
export interface RespondAction {
  readonly kind: 'respond';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Seconds. */
export interface RouteTimeouts {
  readonly attemptSeconds: number;
  readonly requestSeconds: number;
  readonly idleSeconds: number;
}

/** A token bucket for each client. */
export interface RouteRate {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/** Changes of a request's target and host on the way to the backend. */
export interface RouteRewrite {
  /** The beginning of the path that is replaced, by whole segments: that of a prefix match. */
  readonly prefix: { readonly from: string; readonly to: string } | undefined;
  /** In place of `Host`. */
  readonly host: string | undefined;
}

/** Names and values of header fields. Removed, then set in place of those of the same name, then added. */
export interface HeaderChanges {
  /** Names in lower case. */
  readonly remove: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

/** Copies a part of the requests to another pool. */
export interface MirrorConfig {
  readonly pool: string;
  /** 0 to 1. */
  readonly ratio: number;
}
