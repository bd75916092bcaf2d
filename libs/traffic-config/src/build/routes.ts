// Builds routes: what the file says, and the defaults for the rest.
import type { FieldPath } from '../document/problems.js';
import type {
  HeaderChanges,
  MirrorConfig,
  RouteConfig,
  RouteMatch,
  RouteRate,
  RouteTimeouts,
  ValueMatch,
} from '../route-config.js';
import { durationText } from '../schema/fields.js';
import type { RouteInFile } from '../schema/route-schema.js';
import { buildAction, buildPrefix, checkPool } from './actions.js';
import type { BuildContext } from './build-context.js';
import { buildHeaderChanges, isFieldName, type HeaderField } from './header-changes.js';
import { checkResourceNames } from './resources.js';

/** The route at `path`; undefined if its action is not valid. */
export function buildRoute(
  file: RouteInFile,
  name: string,
  path: FieldPath,
  context: BuildContext,
): RouteConfig | undefined {
  const { problems, defaults } = context;
  const { route } = defaults;
  const { rewrite = {}, limits = {}, retries = {} } = file;
  const match = file.match === undefined ? route.match : matchOf(file.match, [...path, 'match'], context);
  const action = buildAction(file, match.path, path, context);
  if (file.demand !== undefined) checkResourceNames(file.demand, [...path, 'demand'], context);
  const headers = (direction: HeaderField): HeaderChanges => {
    const changes = file[direction];
    return changes === undefined
      ? route[direction]
      : buildHeaderChanges(direction, changes, [...path, direction], problems);
  };
  const built = {
    name,
    match,
    demand: file.demand ?? route.demand,
    timeouts: timeoutsOf(file.timeouts ?? {}, [...path, 'timeouts'], context),
    maxAttempts: retries.maxAttempts ?? route.maxAttempts,
    maxBodyBytes: limits.body === undefined ? route.maxBodyBytes : limits.body || Infinity,
    rate: rateOf(limits, [...path, 'limits'], context),
    rewrite: { prefix: buildPrefix(rewrite, match.path, [...path, 'rewrite'], context), host: rewrite.host },
    requestHeaders: headers('requestHeaders'),
    responseHeaders: headers('responseHeaders'),
    mirror: file.mirror === undefined ? route.mirror : mirrorOf(file.mirror, [...path, 'mirror'], context),
    holdSeconds: file.hold ?? route.holdSeconds,
  };
  return action === undefined ? undefined : { ...built, action };
}

function matchOf(file: NonNullable<RouteInFile['match']>, path: FieldPath, context: BuildContext): RouteMatch {
  const { problems } = context;
  const { headers = {}, query = {} } = file;
  for (const [one, several] of [
    ['host', 'hosts'],
    ['method', 'methods'],
  ] as const) {
    const list = file[several] ?? [];
    if (file[one] !== undefined && list.length > 0) {
      problems.add([...path, one], `must be left out with ${several}: add it to the list`, { at: 'key' });
    }
    for (const [i, value] of list.entries()) {
      if (list.indexOf(value) < i) problems.add([...path, several, i], 'must be in the list once', { given: value });
    }
  }
  for (const name of Object.keys(headers)) {
    if (isFieldName(name)) continue;
    problems.add([...path, 'headers', name], 'must be the name of a header field', { given: name, at: 'key' });
  }
  return {
    hosts: file.hosts ?? (file.host === undefined ? [] : [file.host]),
    path: file.path ?? { kind: 'any' },
    methods: file.methods ?? (file.method === undefined ? [] : [file.method]),
    headers: valueMatches(headers, (name) => name.toLowerCase()),
    query: valueMatches(query, (name) => name),
  };
}

/** `*` stands for any value. */
function valueMatches(values: Readonly<Record<string, string>>, nameOf: (name: string) => string): ValueMatch[] {
  return Object.entries(values).map(([name, value]) => ({
    name: nameOf(name),
    value: value === '*' ? undefined : value,
  }));
}

/** A timeout of an attempt that is not given is at most that of the request. */
function timeoutsOf(file: NonNullable<RouteInFile['timeouts']>, path: FieldPath, context: BuildContext): RouteTimeouts {
  const { timeouts } = context.defaults.route;
  const requestSeconds = file.request ?? timeouts.requestSeconds;
  const { attempt } = file;
  if (attempt !== undefined && attempt > requestSeconds) {
    const allowed = `must be at most request (${durationText(requestSeconds)})`;
    context.problems.add([...path, 'attempt'], allowed, { given: durationText(attempt) });
  }
  return {
    attemptSeconds: attempt ?? Math.min(timeouts.attemptSeconds, requestSeconds),
    requestSeconds,
    idleSeconds: file.idle ?? timeouts.idleSeconds,
  };
}

function rateOf(
  { rate, burst }: NonNullable<RouteInFile['limits']>,
  path: FieldPath,
  context: BuildContext,
): RouteRate | undefined {
  if (rate !== undefined) return { requestsPerSecond: rate, burst: burst ?? Math.ceil(rate) };
  if (burst !== undefined) context.problems.add([...path, 'burst'], 'needs rate, which is not set');
  return context.defaults.route.rate;
}

function mirrorOf(file: NonNullable<RouteInFile['mirror']>, path: FieldPath, context: BuildContext): MirrorConfig {
  checkPool(file.pool, [...path, 'pool'], context);
  return { pool: file.pool, ratio: file.ratio ?? 1 };
}
