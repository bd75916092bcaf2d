// Routes and requests for tests and benchmarks.
import { ResourceSpace } from '@fairlead/scheduling';
import type { RouteConfig, RouteMatch } from '@fairlead/traffic-config';
import type { RoutableRequest } from './conditions.js';
import { Route } from './route.js';

const RESOURCES = new ResourceSpace(['compute', 'storage']);

const PLAIN: Omit<RouteConfig, 'name' | 'match'> = {
  action: { kind: 'pools', pools: [{ pool: 'default', weight: 1 }], stableBy: undefined },
  demand: undefined,
  timeouts: { attemptSeconds: 10, requestSeconds: 30, idleSeconds: 60 },
  maxAttempts: 3,
  maxBodyBytes: Infinity,
  rate: undefined,
  rewrite: { prefix: undefined, host: undefined },
  requestHeaders: { remove: [], set: [], add: [] },
  responseHeaders: { remove: [], set: [], add: [] },
  mirror: undefined,
  holdSeconds: 0,
};

/** A match of every request, but for what is given. */
function aMatch(match: Partial<RouteMatch> = {}): RouteMatch {
  return { hosts: [], path: { kind: 'any' }, methods: [], headers: [], query: [], ...match };
}

/** A compiled route to the default pool, but for what is given. */
export function aRoute(match: Partial<RouteMatch>, rank = 0, config: Partial<RouteConfig> = {}): Route {
  return new Route({ name: `route-${rank}`, ...PLAIN, ...config, match: aMatch(match) }, rank, RESOURCES);
}

/** Routes with these matches, in this order. */
export function routesOf(...matches: readonly Partial<RouteMatch>[]): Route[] {
  return matches.map((match, rank) => aRoute(match, rank));
}

/** A request, by default `GET /` of `example.com`. */
export function aRequest({
  method = 'GET',
  target = '/',
  host = 'example.com',
  fields = {},
  peer = { address: '192.0.2.1', isProxy: false },
}: {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly peer?: RoutableRequest['peer'];
} = {}): RoutableRequest {
  return { peer, method, target, host, field: (name) => fields[name] };
}
