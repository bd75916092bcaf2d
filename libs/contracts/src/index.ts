/**
 * The zod schemas of everything on the wire; types are inferred from them.
 *
 * @module @fairlead/contracts
 */
export { backendUrl } from './backend-url.js';
export { closedObject } from './closed-object.js';
export { problemSchema, type Problem } from './problem.js';
export {
  MAX_CAPACITY,
  MAX_DEMAND,
  capacitySchema,
  declaredAmounts,
  demandSchema,
  resourceNameSchema,
  type ResourceAmounts,
} from './resources.js';
export {
  BACKEND_STATES,
  backendIdSchema,
  backendListSchema,
  backendStateSchema,
  backendViewSchema,
  leaseViewSchema,
  poolNameSchema,
  registrationSchema,
  registeredBackendSchema,
  BACKEND_SECRET_HEADER,
  REGISTRY_HEADER,
  type RegisteredBackend,
  type BackendSource,
  type BackendState,
  type BackendView,
  type LeaseView,
  type Registration,
} from './registration.js';
export { poolListSchema, poolViewSchema, type PoolView } from './pools.js';
export { originalRegistrationSchema, type OriginalRegistration } from './original-protocol.js';
export {
  configurationCheckSchema,
  configurationProblemSchema,
  configurationReloadSchema,
  configurationSchema,
  type ConfigurationCheck,
  type ConfigurationProblem,
  type ConfigurationReload,
  type ConfigurationView,
} from './configuration.js';
export {
  balancerViewSchema,
  clusterViewSchema,
  recordProblemSchema,
  registryViewSchema,
  type BalancerView,
  type ClusterView,
  type RegistryView,
} from './cluster.js';
export { EVENT_KINDS, fleetEventSchema, type FleetEvent, type FleetEventKind } from './events.js';
export {
  backendMetricsSchema,
  fleetMetricsSchema,
  latencySchema,
  type BackendMetrics,
  type FleetMetrics,
  type LatencyMs,
} from './metrics.js';
export { requestLogSchema, requestRecordSchema, type AccessRecord, type RequestRecord } from './request-log.js';
export {
  LEARNING_MODELS,
  demandListSchema,
  explainRequestSchema,
  explanationSchema,
  machineListSchema,
  type DemandList,
  type ExplainRequest,
  type Explanation,
  type MachineList,
} from './placement.js';
