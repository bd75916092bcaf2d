// Whether a route matches a request, as simple code: for checks of a file. The balancer compiles routes for its requests.
import type { PathMatch, RouteConfig, RouteMatch, ValueMatch } from '../route-config.js';
import { covers, pathShape } from './path-shape.js';

/** A request as routes see it. */
export interface SampleRequest {
  readonly method: string;
  /** In lower case, without a port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
}

/** The first route that matches a request. */
export function firstMatch(routes: readonly RouteConfig[], request: SampleRequest): RouteConfig | undefined {
  return routes.find(({ match }) => matches(match, request));
}

function matches(match: RouteMatch, request: SampleRequest): boolean {
  return (
    (match.hosts.length === 0 || match.hosts.some((host) => coversHost(host, request.host))) &&
    coversMethods(match.methods, [request.method]) &&
    coversPath(match.path, { kind: 'exact', path: request.path }) &&
    coversValues(match.headers, request.headers) &&
    coversValues(match.query, request.query)
  );
}

/** Whether every request that `b` matches is matched by `a` too. */
export function coversMatch(a: RouteMatch, b: RouteMatch): boolean {
  return (
    (a.hosts.length === 0 ||
      (b.hosts.length > 0 && b.hosts.every((name) => a.hosts.some((host) => coversHost(host, name))))) &&
    coversMethods(a.methods, b.methods) &&
    coversPath(a.path, b.path) &&
    coversValues(a.headers, b.headers) &&
    coversValues(a.query, b.query)
  );
}

function coversHost(host: string, name: string): boolean {
  return host === name || (host.startsWith('*') && name.endsWith(host.slice(1)) && name.length > host.length - 1);
}

/** A route for GET also matches HEAD (RFC 9110, section 9.3.2). */
function coversMethods(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0) return true;
  return b.length > 0 && b.every((method) => a.includes(method) || (method === 'HEAD' && a.includes('GET')));
}

function coversPath(a: PathMatch, b: PathMatch): boolean {
  return covers(pathShape(a), pathShape(b));
}

/** Whether all conditions `a` are among `b`. */
function coversValues(a: readonly ValueMatch[], b: readonly ValueMatch[]): boolean {
  return a.every(({ name, value }) =>
    b.some((other) => other.name === name && (value === undefined || value === other.value)),
  );
}
