/**
 * `fairlead.yaml`: what a configuration file says of traffic. Pure.
 *
 * @module @fairlead/traffic-config
 */
export type { TrafficDefaults } from './build/build-context.js';
export { defaultTraffic, trafficDefaults } from './build/default-traffic.js';
export { trafficChanges } from './changes/traffic-changes.js';
export { problemText, type Position, type TrafficProblem } from './document/problems.js';
export { maskedTraffic } from './masked.js';
export { parseTraffic, type InvalidTraffic, type TrafficOptions, type ValidTraffic } from './parse-traffic.js';
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
export { describeFile, fileJsonSchema, type FilePart } from './schema/describe-schema.js';
export { DEFAULT_POOL, type ErrorPage, type TrafficConfig } from './traffic-config.js';
export {
  admissionVariables,
  healthCheckVariables,
  outlierVariables,
  placementVariables,
  recoveryVariables,
  resourceVariables,
  retryVariables,
  timeoutVariables,
  trafficVariables,
  type TrafficVariables,
} from './traffic-variables.js';
export { trafficWarnings } from './warnings.js';
