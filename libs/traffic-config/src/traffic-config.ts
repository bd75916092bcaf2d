// What a configuration file says of traffic, checked and complete. Plain data: it is copied to other threads as it is.
import type { PoolConfig } from './pool-config.js';
import type { RouteConfig } from './route-config.js';

/** The name of the pool that exists without a file, and that backends register into by default. */
export const DEFAULT_POOL = 'default';

/** Pools and routes, with every default filled in. Immutable. */
export interface TrafficConfig {
  /** In the order of the file. {@link DEFAULT_POOL} is always among them. */
  readonly pools: readonly PoolConfig[];
  /** In the order in which they are tried: the first that matches serves the request. */
  readonly routes: readonly RouteConfig[];
  /** Replace the bodies of the balancer's own error responses. */
  readonly errorPages: readonly ErrorPage[];
}

/** The bodies of one error status, as templates: `{{status}}`, `{{message}}` and `{{requestId}}` are replaced. */
export interface ErrorPage {
  /** 400 to 599. */
  readonly status: number;
  /** Undefined: no page of this type. */
  readonly html: string | undefined;
  readonly json: string | undefined;
}
