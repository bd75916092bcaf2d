// Builds what a route does with its requests: pools, a redirect or a fixed response.
import type { FieldPath } from '../document/problems.js';
import type { PathMatch, RedirectAction, RouteAction, WeightedPool } from '../route-config.js';
import type { RouteInFile } from '../schema/route-schema.js';
import { withoutSlash } from '../schema/paths.js';
import type { BuildContext } from './build-context.js';

const ACTIONS = ['pool', 'pools', 'redirect', 'respond'] as const;
/** Fields that only mean something where a backend serves the request. */
const FOR_POOLS = ['demand', 'timeouts', 'retries', 'limits', 'rewrite', 'requestHeaders', 'mirror', 'hold'] as const;
const NO_PREFIX = 'needs a prefix to replace: match.path must be one, such as /api/*';

/** The action of a route; undefined if it is not valid. */
export function buildAction(
  file: RouteInFile,
  match: PathMatch,
  path: FieldPath,
  context: BuildContext,
): RouteAction | undefined {
  const { problems } = context;
  const given = ACTIONS.filter((name) => file[name] !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? 'it has none' : `it has ${given.join(', ')}`;
    problems.add(path, `must have exactly one of ${ACTIONS.join(', ')}; ${what}`);
    return undefined;
  }
  if (file.stable !== undefined && file.pools === undefined) {
    problems.add([...path, 'stable'], 'needs pools: it keeps a client on one of several');
  }
  if (file.pool === undefined && file.pools === undefined) {
    for (const name of FOR_POOLS.filter((field) => file[field] !== undefined)) {
      problems.add([...path, name], `must be left out of a route with ${given[0]}: no backend serves its requests`, {
        at: 'key',
      });
    }
  }
  if (file.redirect !== undefined) return redirectOf(file.redirect, match, [...path, 'redirect'], context);
  if (file.respond !== undefined) return respondOf(file.respond, [...path, 'respond'], context);
  if (file.pools !== undefined) {
    return { kind: 'pools', pools: weightedPools(file.pools, [...path, 'pools'], context), stableBy: file.stable };
  }
  const pool = file.pool ?? '';
  checkPool(pool, [...path, 'pool'], context);
  return { kind: 'pools', pools: [{ pool, weight: 1 }], stableBy: undefined };
}

/** Adds a problem if there is no pool of this name. */
export function checkPool(pool: string, path: FieldPath, { problems, poolNames }: BuildContext): void {
  if (poolNames.includes(pool)) return;
  problems.add(path, `must be one of the pools ${poolNames.join(', ')}`, { given: pool, names: poolNames });
}

function weightedPools(
  files: NonNullable<RouteInFile['pools']>,
  path: FieldPath,
  context: BuildContext,
): readonly WeightedPool[] {
  for (const [i, { pool }] of files.entries()) {
    checkPool(pool, [...path, i, 'pool'], context);
    const first = files.findIndex((other) => other.pool === pool);
    if (first === i) continue;
    context.problems.add([...path, i, 'pool'], `must be there once: pools[${first}] has it too`, { given: pool });
  }
  if (files.every(({ weight }) => weight === 0)) {
    context.problems.add(path, 'must have a weight above 0: they add up to nothing, so no pool would get a request');
  }
  return files;
}

function redirectOf(
  file: NonNullable<RouteInFile['redirect']>,
  match: PathMatch,
  path: FieldPath,
  { problems }: BuildContext,
): RedirectAction | undefined {
  const { status = 307, scheme, host, path: target, replacePrefix: prefix } = file;
  if ([scheme, host, target, prefix].every((part) => part === undefined)) {
    problems.add(path, 'must say where to: scheme, host, path or replacePrefix');
    return undefined;
  }
  if (prefix !== undefined && (target !== undefined || match.kind !== 'prefix')) {
    const message = target === undefined ? NO_PREFIX : 'must be left out with path, which replaces the whole path';
    problems.add([...path, 'replacePrefix'], message);
    return undefined;
  }
  return { kind: 'redirect', status, scheme, host, path: target, prefix: prefix && withoutSlash(prefix) };
}

function respondOf(
  file: NonNullable<RouteInFile['respond']>,
  path: FieldPath,
  { problems }: BuildContext,
): RouteAction {
  const { status, contentType = 'text/plain; charset=utf-8', body = '' } = file;
  const hasNoBody = status === 204 || status === 205 || status === 304;
  if (hasNoBody && body !== '') problems.add([...path, 'body'], `must be left out: a response ${status} has none`);
  return { kind: 'respond', status, contentType, body };
}

/** The rewrite of a route's path; undefined for none. */
export function buildPrefix(
  file: NonNullable<RouteInFile['rewrite']>,
  match: PathMatch,
  path: FieldPath,
  { problems }: BuildContext,
): { readonly from: string; readonly to: string } | undefined {
  const { stripPrefix = false, replacePrefix } = file;
  if (!stripPrefix && replacePrefix === undefined) return undefined;
  const field = replacePrefix === undefined ? 'stripPrefix' : 'replacePrefix';
  if (stripPrefix && replacePrefix !== undefined) {
    problems.add([...path, 'replacePrefix'], 'must be left out with stripPrefix');
  }
  if (match.kind !== 'prefix') {
    problems.add([...path, field], NO_PREFIX);
    return undefined;
  }
  return { from: match.path, to: withoutSlash(replacePrefix ?? '/') };
}
