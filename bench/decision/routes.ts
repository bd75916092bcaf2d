// Routes for the benchmark: a table of any size, requests for it, and the file that describes it.
import type { PathMatch } from '@fairlead/traffic-config';
import type { RoutableRequest } from '../../apps/balancer/src/data-plane/routing/conditions.js';
import { RouteTable } from '../../apps/balancer/src/data-plane/routing/route-table.js';
import { aRequest, aRoute } from '../../apps/balancer/src/data-plane/routing/route.fixture.js';

/** Hosts over which the routes of a table are spread. */
const HOSTS = 50;

/** A table of `count` routes over {@link HOSTS} hosts: prefixes, exact paths and patterns in turn. */
export function aTable(count: number): RouteTable {
  return new RouteTable(
    Array.from({ length: count }, (_, rank) => aRoute({ hosts: [hostOf(rank)], path: pathOf(rank) }, rank)),
  );
}

/** Requests for the routes of {@link aTable}, of all hosts and kinds. */
export function requestsFor(count: number): RoutableRequest[] {
  return Array.from({ length: count }, (_, rank) =>
    aRequest({ target: `/service-${rank}/items/${rank}?page=2`, host: hostOf(rank) }),
  );
}

/** The configuration file with the routes of {@link aTable}. */
export function fileOf(count: number): string {
  const routes = Array.from({ length: count }, (_, rank) => {
    const { kind, path } = pathOf(rank);
    return `  - match: { host: ${hostOf(rank)}, path: { ${kind}: "${path}" } }\n    pool: default\n`;
  });
  return `routes:\n${routes.join('')}`;
}

function hostOf(rank: number): string {
  return `www.site-${rank % HOSTS}.example.com`;
}

function pathOf(rank: number): Exclude<PathMatch, { readonly kind: 'any' }> {
  if (rank % 3 === 0) return { kind: 'prefix', path: `/service-${rank}` };
  if (rank % 3 === 1) return { kind: 'exact', path: `/service-${rank}/items/${rank}` };
  return { kind: 'pattern', path: `/service-${rank}/items/:id` };
}
