/**
 * `fairlead.yaml`: what a configuration file says of traffic. Pure.
 *
 * @module @fairlead/traffic-config
 */
export type {
  DiscoveryConfig,
  HealthConfig,
  OutlierConfig,
  PoolConfig,
  QueueConfig,
  RetryBudgetConfig,
  StaticBackendConfig,
  StatusRange,
  StickinessConfig,
} from './pool-config.js';
export type {
  HeaderChanges,
  MirrorConfig,
  PathMatch,
  RedirectAction,
  RespondAction,
  RouteAction,
  RouteConfig,
  RouteMatch,
  RouteRate,
  RouteRewrite,
  RouteTimeouts,
  ValueMatch,
  WeightedPool,
} from './route-config.js';
export { DEFAULT_POOL, type ErrorPage, type TrafficConfig } from './traffic-config.js';
