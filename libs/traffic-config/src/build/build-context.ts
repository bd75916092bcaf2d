// What pools and routes are built with.
import type { Problems } from '../document/problems.js';
import type { PoolConfig } from '../pool-config.js';
import type { RouteConfig } from '../route-config.js';

/** What a pool and a route say when the file says nothing. */
export interface TrafficDefaults {
  readonly pool: Omit<PoolConfig, 'name'>;
  readonly route: Omit<RouteConfig, 'name'>;
}

/** Shared by all pools and routes of a file. */
export interface BuildContext {
  readonly problems: Problems;
  readonly defaults: TrafficDefaults;
  /** The resources of the fleet. */
  readonly resourceNames: readonly string[];
  /** All pools, that of the default included. */
  readonly poolNames: readonly string[];
  /** Returns the content of a text file. @throws {Error} when it cannot be read. */
  readonly readFile: (path: string) => string;
}
