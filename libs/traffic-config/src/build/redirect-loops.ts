// Finds redirects that lead back to where they came from, by following the requests that each route matches.
import type { Problems } from '../document/problems.js';
import { firstMatch, type SampleRequest } from '../matching/match-request.js';
import { pathShape, samplePaths } from '../matching/path-shape.js';
import type { PathMatch, RedirectAction, RouteConfig } from '../route-config.js';
import { withoutPort } from '../schema/hosts.js';

/** Redirects in a row after which they count as endless. Browsers follow 20. */
const MAX_REDIRECTS = 10;
/** Of each route, so that one with hundreds of hosts takes no time. */
const MAX_SAMPLES = 20;

/** Adds a problem for each route whose redirect does not end. */
export function checkRedirects(routes: readonly RouteConfig[], problems: Problems): void {
  const reported = new Set<RouteConfig>();
  for (const [i, route] of routes.entries()) {
    if (route.action.kind !== 'redirect' || reported.has(route)) continue;
    const loop = samplesOf(route)
      .map((request) => followed(routes, request))
      .find((visited) => visited.length > MAX_REDIRECTS && visited[0] === route);
    if (loop === undefined) continue;
    for (const visited of loop) reported.add(visited);
    problems.add(['routes', i, 'redirect'], messageFor(route, route.action, new Set(loop)));
  }
}

function messageFor(route: RouteConfig, action: RedirectAction, loop: ReadonlySet<RouteConfig>): string {
  const others = [...loop].filter((other) => other !== route).map(({ name }) => name);
  if (others.length > 0)
    return `must not lead back: clients would go from ${route.name} to ${others.join(', ')} and back`;
  const isOnlyScheme = [action.host, action.path, action.prefix].every((part) => part === undefined);
  const hint = isOnlyScheme ? '; to redirect from http to https, set HTTPS_REDIRECT_PORT' : '';
  return `must not lead to itself: the route matches the request that follows${hint}`;
}

/** Requests that the route matches if no route before it does. */
function samplesOf({ match }: RouteConfig): readonly SampleRequest[] {
  const hosts = match.hosts.length === 0 ? ['host.invalid'] : match.hosts.map((host) => host.replace('*', 'x'));
  return hosts
    .flatMap((host) =>
      samplePaths(pathShape(match.path)).map((path) => ({
        method: match.methods[0] ?? 'GET',
        host,
        path,
        headers: match.headers,
        query: match.query,
      })),
    )
    .slice(0, MAX_SAMPLES);
}

/** The routes that redirect a request, one after another, until one does not, or too many have. */
function followed(routes: readonly RouteConfig[], first: SampleRequest): readonly RouteConfig[] {
  const visited: RouteConfig[] = [];
  let request = first;
  while (visited.length <= MAX_REDIRECTS) {
    const route = firstMatch(routes, request);
    if (route?.action.kind !== 'redirect') break;
    visited.push(route);
    const { action, match } = route;
    // Another port may be that of another server.
    if (action.host !== undefined && withoutPort(action.host) !== action.host) break;
    request = redirected(request, action, match.path);
  }
  return visited;
}

function redirected(request: SampleRequest, action: RedirectAction, match: PathMatch): SampleRequest {
  return { ...request, host: action.host ?? request.host, path: pathAfter(action, match, request.path) };
}

function pathAfter({ path, prefix }: RedirectAction, match: PathMatch, before: string): string {
  if (path !== undefined) return path;
  if (prefix === undefined || match.kind !== 'prefix') return before;
  const rest = match.path === '/' ? before : before.slice(match.path.length);
  return prefix === '/' ? rest || '/' : `${prefix}${rest === '/' && match.path === '/' ? '' : rest}`;
}
