// What a reload changes, as short sentences.
import type { PoolConfig } from '../pool-config.js';
import type { ErrorPage, TrafficConfig } from '../traffic-config.js';
import { canonical, fieldChanges } from './field.js';
import { backendFields, poolFields } from './pool-fields.js';
import { routeFields } from './route-fields.js';

/**
 * The differences between two configurations, such as `pool reports: policy drf → maglev` and `route canary added`;
 * empty when there are none. Each may be one that was sent as JSON.
 */
export function trafficChanges(before: TrafficConfig, after: TrafficConfig): readonly string[] {
  return [
    ...itemChanges('pool', before.pools, after.pools, poolChanges),
    ...itemChanges('route', before.routes, after.routes, (a, b) => fieldChanges(routeFields(a), routeFields(b))),
    ...orderChange(before, after),
    ...itemChanges('error page', named(before.errorPages), named(after.errorPages), errorPageChanges),
  ];
}

/** A sentence for each item that is new, gone or different. Items are the same if their names are. */
function itemChanges<Item extends { readonly name: string }>(
  kind: string,
  before: readonly Item[],
  after: readonly Item[],
  changesOf: (before: Item, after: Item) => readonly string[],
): string[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const current = new Map(after.map((item) => [item.name, item]));
  return [
    ...before.filter(({ name }) => !current.has(name)).map(({ name }) => `${kind} ${name} removed`),
    ...after.flatMap((item) => {
      const previous = old.get(item.name);
      if (previous === undefined) return [`${kind} ${item.name} added`];
      return changesOf(previous, item).map((change) => `${kind} ${item.name}: ${change}`);
    }),
  ];
}

function poolChanges(before: PoolConfig, after: PoolConfig): readonly string[] {
  const named = ({ backends }: PoolConfig) => backends.map((backend) => ({ ...backend, name: backend.id }));
  return [
    ...fieldChanges(poolFields(before), poolFields(after)),
    ...itemChanges('backend', named(before), named(after), (a, b) => fieldChanges(backendFields(a), backendFields(b))),
  ];
}

/** Of the routes that are in both: the others are reported already. */
function orderChange(before: TrafficConfig, after: TrafficConfig): string[] {
  const kept = ({ routes }: TrafficConfig, other: TrafficConfig) => {
    const names = new Set(other.routes.map(({ name }) => name));
    return routes.map(({ name }) => name).filter((name) => names.has(name));
  };
  return canonical(kept(before, after)) === canonical(kept(after, before)) ? [] : ['routes are tried in another order'];
}

function named(pages: readonly ErrorPage[]) {
  return pages.map((page) => ({ ...page, name: String(page.status) }));
}

function errorPageChanges(before: ErrorPage, after: ErrorPage): readonly string[] {
  return (['html', 'json'] as const).filter((kind) => before[kind] !== after[kind]).map((kind) => `${kind} changed`);
}
