/**
 * Decides which backend serves a request. Pure: the clock and the random source are passed in, and there is no I/O.
 *
 * - `FleetSnapshot` holds the backends, `LoadTable` their load, and `Candidates` those able to serve a given request.
 * - A `PlacementPolicy` chooses one of the candidates; `policies/index.ts` lists the policies by name.
 * - `RequestClassifier` and `DemandLearner` estimate what a request needs of each resource.
 * - `health/` decides which backends receive requests, `fairness/` which tenant is served next.
 *
 * @module @fairlead/scheduling
 */
export { Candidates } from './candidates.js';
export * from './demand/index.js';
export * from './fairness/dominant-resource-fairness.js';
export { FleetSnapshot, type FleetMember } from './fleet-snapshot.js';
export { KeyedHash, hash32, type HashKey } from './hash.js';
export {
  JOINING,
  observe,
  type BackendHealth,
  type HealthObservation,
  type HealthState,
  type HealthThresholds,
} from './health/backend-health.js';
export { clientIdentity } from './health/client-spread.js';
export {
  ejectionSeconds,
  inTraffic,
  isLikelyLocalFault,
  mayEject,
  slowStartRatio,
  type Traffic,
} from './health/fleet-health.js';
export {
  FailureStreaks,
  windowOutlier,
  type ExchangeOutcome,
  type OutlierEvidence,
  type OutlierRules,
  type WindowCounts,
} from './health/outliers.js';
export { inFlightLimits } from './in-flight-limits.js';
export { lowerMedian } from './median.js';
export * from './latent/index.js';
export { LATENCY_BUCKETS, bucketStart, latencyBucket, latencyQuantile } from './latency-buckets.js';
export { LoadRow, NO_LATENT_DEMAND, type LoadTableShape } from './load/load-row.js';
export { LoadTable, type InFlightTable } from './load/load-table.js';
export type { ScoreTerm, ScoredCandidate } from './policies/explanation.js';
export { POLICY_NAMES, createPolicy, policyChance, policySummary, type PolicyName } from './policies/index.js';
export { DRF_CHOICES, DrfPolicy } from './policies/drf.policy.js';
export type { PlacementPolicy, PolicyContext } from './policies/policy.js';
export { Reservation } from './load/reservation.js';
export { ResourceSpace, type ResourceVector } from './resources.js';
export { standInCapacity } from './stand-in-capacity.js';
export { strandedCapacity } from './stranded-capacity.js';
export { STATUS_CLASSES, STATUS_CLASS_NAMES, statusClass } from './load/status-classes.js';
export { ThreadCounts, type ThreadCount } from './load/thread-counts.js';
export { ThreadLiveness } from './load/thread-liveness.js';
export { seededRandom, type Clock, type Random } from './clock-and-random.js';
