// The configuration as the API shows it: with secrets masked, and in values that JSON has.
import type { HeaderChanges, RouteAction, RouteConfig, ValueMatch } from './route-config.js';
import type { TrafficConfig } from './traffic-config.js';

const MASK = '***';

/**
 * The configuration with each secret replaced by `***` where a route may contain one: in values of header fields and
 * parameters, and in fixed responses. An unlimited body is 0, as in the file.
 *
 * @param secrets of {@link parseTraffic}.
 */
export function maskedTraffic(traffic: TrafficConfig, secrets: ReadonlySet<string>): TrafficConfig {
  // A secret may contain another one.
  const longestFirst = [...secrets].toSorted((a, b) => b.length - a.length);
  const mask = (text: string) => longestFirst.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  return { ...traffic, routes: traffic.routes.map((route) => maskedRoute(route, mask)) };
}

type Mask = (text: string) => string;

function maskedRoute(route: RouteConfig, mask: Mask): RouteConfig {
  const { match, action, requestHeaders, responseHeaders, maxBodyBytes } = route;
  return {
    ...route,
    match: { ...match, headers: maskedValues(match.headers, mask), query: maskedValues(match.query, mask) },
    action: maskedAction(action, mask),
    maxBodyBytes: maxBodyBytes === Infinity ? 0 : maxBodyBytes,
    requestHeaders: maskedChanges(requestHeaders, mask),
    responseHeaders: maskedChanges(responseHeaders, mask),
  };
}

function maskedAction(action: RouteAction, mask: Mask): RouteAction {
  return action.kind === 'respond' ? { ...action, body: mask(action.body) } : action;
}

function maskedValues(values: readonly ValueMatch[], mask: Mask): readonly ValueMatch[] {
  return values.map(({ name, value }) => ({ name, value: value === undefined ? undefined : mask(value) }));
}

function maskedChanges({ remove, set, add }: HeaderChanges, mask: Mask): HeaderChanges {
  const masked = (fields: HeaderChanges['set']) => fields.map(([name, value]) => [name, mask(value)] as const);
  return { remove, set: masked(set), add: masked(add) };
}
