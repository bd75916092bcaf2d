// The fields of a route whose changes are reported. Values of header fields may be secrets and are never shown.
import type { PathMatch, RedirectAction, RouteAction, RouteConfig } from '../route-config.js';
import { amountsField, field, hiddenField, listField, secondsField, type Field } from './field.js';

/** All fields of a route. */
export function routeFields({ match, action, timeouts, rate, rewrite, mirror, ...route }: RouteConfig): Field[] {
  const { prefix } = rewrite;
  return [
    listField('match.hosts', match.hosts, 'any'),
    field('match.path', pathText(match.path)),
    listField('match.methods', match.methods, 'any'),
    hiddenField('match.headers', match.headers),
    hiddenField('match.query', match.query),
    field('action', actionText(action)),
    ...(action.kind === 'respond' ? [hiddenField('respond.body', [action.contentType, action.body])] : []),
    amountsField('demand', route.demand),
    secondsField('timeouts.attempt', timeouts.attemptSeconds),
    secondsField('timeouts.request', timeouts.requestSeconds),
    secondsField('timeouts.idle', timeouts.idleSeconds),
    field('retries.maxAttempts', route.maxAttempts),
    field('limits.body', isUnlimited(route.maxBodyBytes) ? 'none' : route.maxBodyBytes),
    field('limits.rate', rate?.requestsPerSecond),
    field('limits.burst', rate?.burst),
    field('rewrite.prefix', prefix === undefined ? undefined : `${prefix.from} as ${prefix.to}`),
    field('rewrite.host', rewrite.host),
    hiddenField('requestHeaders', route.requestHeaders),
    hiddenField('responseHeaders', route.responseHeaders),
    field('mirror', mirror === undefined ? undefined : `${mirror.ratio} to pool ${mirror.pool}`),
    secondsField('hold', route.holdSeconds),
  ];
}

/** The API shows no limit as 0. */
function isUnlimited(maxBodyBytes: number): boolean {
  return maxBodyBytes === Infinity || maxBodyBytes === 0;
}

function pathText(path: PathMatch): string {
  if (path.kind === 'any') return 'any';
  return path.kind === 'prefix' ? `${path.path === '/' ? '' : path.path}/*` : path.path;
}

function actionText(action: RouteAction): string {
  if (action.kind === 'redirect') return `redirect ${action.status} to ${locationText(action)}`;
  if (action.kind === 'respond') return `respond ${action.status}`;
  const { pools, stableBy } = action;
  const stable = stableBy === undefined ? '' : ` stable by ${stableBy}`;
  if (pools.length === 1) return `pool ${pools[0].pool}${stable}`;
  return `pools ${pools.map(({ pool, weight }) => `${pool} ${weight}`).join(', ')}${stable}`;
}

function locationText({ scheme, host, path, prefix }: RedirectAction): string {
  const parts = [
    scheme === undefined ? '' : `${scheme}://`,
    host ?? (scheme === undefined ? '' : '(same host)'),
    path ?? (prefix === undefined ? '' : `${prefix}/*`),
  ];
  return parts.join('');
}
