// Routes by the segments of their paths: a lookup visits the nodes on the way of one path, however many routes there are.
import type { PathMatch } from '@fairlead/traffic-config';
import type { RoutableRequest } from './conditions.js';
import type { Route } from './route.js';

/** Routes of one place in the tree, in the order in which they are tried. */
type RankedRoutes = Route[];

class PathNode {
  readonly children = new Map<string, PathNode>();
  /** For any segment that is not empty. */
  parameter: PathNode | undefined;
  /** Of paths that end here. */
  readonly exact: RankedRoutes = [];
  /** Of these and all longer paths. */
  readonly prefix: RankedRoutes = [];
  /** Of all longer paths, if what follows is not empty. */
  readonly rest: RankedRoutes = [];
}

export class PathTree {
  private readonly root = new PathNode();
  private best: Route | undefined;

  /** Adds a route. Routes are added in the order of their ranks. */
  add(route: Route, path: PathMatch): void {
    if (path.kind === 'any') this.root.prefix.push(route);
    else if (path.kind === 'exact') this.nodeOf(path.path.split('/').slice(1), false).exact.push(route);
    else if (path.kind === 'prefix') this.nodeOf(segmentsOfPrefix(path.path), false).prefix.push(route);
    else this.addPattern(route, path.path.split('/').slice(1));
  }

  /** The route of the lowest rank that matches a path, without its query, and whose conditions the request meets. */
  match(path: string, request: RoutableRequest): Route | undefined {
    this.best = undefined;
    this.visit(this.root, path, 0, request);
    return this.best;
  }

  /** `at`: where the slash before the next segment is; the length of the path when there is none. */
  private visit(node: PathNode, path: string, at: number, request: RoutableRequest): void {
    if (node.prefix.length > 0) this.consider(node.prefix, request);
    if (at >= path.length) {
      if (node.exact.length > 0) this.consider(node.exact, request);
      return;
    }
    if (node.rest.length > 0 && at + 1 < path.length) this.consider(node.rest, request);
    if (node.children.size === 0 && !node.parameter) return;
    const slash = path.indexOf('/', at + 1);
    const end = slash === -1 ? path.length : slash;
    const child = node.children.get(path.slice(at + 1, end));
    if (child) this.visit(child, path, end, request);
    if (node.parameter && end > at + 1) this.visit(node.parameter, path, end, request);
  }

  private consider(routes: RankedRoutes, request: RoutableRequest): void {
    for (const route of routes) {
      if (this.best && this.best.rank < route.rank) return;
      if (!route.conditions.areNone && !route.conditions.areMet(request)) continue;
      this.best = route;
      return;
    }
  }

  private addPattern(route: Route, segments: readonly string[]): void {
    const hasRest = segments[segments.length - 1].startsWith('*');
    const node = this.nodeOf(hasRest ? segments.slice(0, -1) : segments, true);
    (hasRest ? node.rest : node.exact).push(route);
  }

  private nodeOf(segments: readonly string[], isPattern: boolean): PathNode {
    let node = this.root;
    for (const segment of segments) {
      if (isPattern && segment.startsWith(':')) node = node.parameter ??= new PathNode();
      else {
        let child = node.children.get(segment);
        if (!child) node.children.set(segment, (child = new PathNode()));
        node = child;
      }
    }
    return node;
  }
}

function segmentsOfPrefix(path: string): string[] {
  return path === '/' ? [] : path.split('/').slice(1);
}
