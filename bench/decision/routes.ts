// How long it takes to find the route of a request, in tables of different sizes.
import { ResourceSpace } from '@fairlead/scheduling';
import type { PathMatch, RouteConfig } from '@fairlead/traffic-config';
import type { RoutableRequest } from '../../apps/balancer/src/data-plane/routing/conditions.js';
import { Route } from '../../apps/balancer/src/data-plane/routing/route.js';
import { RouteTable } from '../../apps/balancer/src/data-plane/routing/route-table.js';

/** Hosts over which the routes of a table are spread. */
const HOSTS = 50;
const RESOURCES = new ResourceSpace(['compute', 'storage']);
const NO_CHANGES = { remove: [], set: [], add: [] };

/** A table of `count` routes over {@link HOSTS} hosts: prefixes, exact paths and patterns in turn. */
export function aTable(count: number): RouteTable {
  return new RouteTable(Array.from({ length: count }, (_, rank) => new Route(configOf(rank), rank, RESOURCES)));
}

/** Requests for the routes of {@link aTable}, of all hosts and kinds. */
export function requestsFor(count: number): RoutableRequest[] {
  return Array.from({ length: count }, (_, rank) => ({
    peer: { address: '192.0.2.1', isProxy: false },
    method: 'GET',
    target: `/service-${rank}/items/${rank}?page=2`,
    host: hostOf(rank),
    field: () => undefined,
  }));
}

function hostOf(rank: number): string {
  return `www.site-${rank % HOSTS}.example.com`;
}

function pathOf(rank: number): PathMatch {
  if (rank % 3 === 0) return { kind: 'prefix', path: `/service-${rank}` };
  if (rank % 3 === 1) return { kind: 'exact', path: `/service-${rank}/items/${rank}` };
  return { kind: 'pattern', path: `/service-${rank}/items/:id` };
}

function configOf(rank: number): RouteConfig {
  return {
    name: `route-${rank}`,
    match: { hosts: [hostOf(rank)], path: pathOf(rank), methods: [], headers: [], query: [] },
    action: { kind: 'pools', pools: [{ pool: 'default', weight: 1 }], stableBy: undefined },
    demand: undefined,
    timeouts: { attemptSeconds: 10, requestSeconds: 30, idleSeconds: 60 },
    maxAttempts: 3,
    maxBodyBytes: Infinity,
    rate: undefined,
    rewrite: { prefix: undefined, host: undefined },
    requestHeaders: NO_CHANGES,
    responseHeaders: NO_CHANGES,
    mirror: undefined,
    holdSeconds: 0,
  };
}
