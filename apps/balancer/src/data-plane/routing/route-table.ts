// All routes, compiled: hosts in a map, paths in a tree for each. Immutable; a reload makes a new one.
import type { RoutableRequest } from './conditions.js';
import { PathTree } from './path-tree.js';
import type { Route } from './route.js';

/** The port at the end of `Host`. */
const PORT = /:\d*$/;
const NEEDS_NORMALIZING = /[A-Z:]|\.$/;

export class RouteTable {
  /** The first route, if it matches every request. */
  private readonly only: Route | undefined;
  private readonly hasHosts: boolean;
  /** By exact name. A tree holds all routes that match its host: looking for the first one takes one visit. */
  private readonly byHost = new Map<string, PathTree>();
  /** By what follows the `*` of a name, such as `.example.com`. */
  private readonly byParent = new Map<string, PathTree>();
  /** Of routes for any host. */
  private readonly anyHost: PathTree;

  /** @param routes in the order in which they are tried, which is that of their ranks. */
  constructor(readonly routes: readonly Route[]) {
    const [first] = routes;
    if (first?.matchesAll) this.only = first;
    const hosts = new Set(routes.flatMap(({ match }) => match.hosts));
    this.hasHosts = hosts.size > 0;
    this.anyHost = treeOf(routes.filter(({ match }) => match.hosts.length === 0));
    for (const host of hosts) {
      const tree = treeOf(routes.filter(({ match }) => match.hosts.length === 0 || match.hosts.some(covers(host))));
      if (host.startsWith('*')) this.byParent.set(host.slice(1), tree);
      else this.byHost.set(host, tree);
    }
  }

  /** The first route that matches a request; undefined when none does. */
  match(request: RoutableRequest): Route | undefined {
    if (this.only) return this.only;
    const { target } = request;
    const queryAt = target.indexOf('?');
    const path = queryAt === -1 ? target : target.slice(0, queryAt);
    const tree = this.hasHosts ? this.treeFor(request.host) : this.anyHost;
    return tree.match(path, request);
  }

  private treeFor(host: string): PathTree {
    const name = NEEDS_NORMALIZING.test(host) ? host.toLowerCase().replace(PORT, '').replace(/\.$/, '') : host;
    const tree = this.byHost.get(name);
    if (tree) return tree;
    if (this.byParent.size === 0) return this.anyHost;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const parent = dot === 0 ? undefined : this.byParent.get(name.slice(dot));
      if (parent) return parent;
    }
    return this.anyHost;
  }
}

/** Whether a host of a route matches all names that `host` does. */
function covers(host: string): (routeHost: string) => boolean {
  return (routeHost) => routeHost === host || (routeHost.startsWith('*') && host.endsWith(routeHost.slice(1)));
}

function treeOf(routes: readonly Route[]): PathTree {
  const tree = new PathTree();
  for (const route of routes) tree.add(route, route.match.path);
  return tree;
}
