// The fields of a pool whose changes are reported.
import type { PoolConfig, StaticBackendConfig } from '../pool-config.js';
import { amountsField, field, hiddenField, listField, secondsField, type Field } from './field.js';

const NOT_DECLARED = 'not declared';

/** All fields besides its static backends. */
export function poolFields({
  health,
  outliers,
  queue,
  retryBudget,
  stickiness,
  discovery,
  ...pool
}: PoolConfig): Field[] {
  return [
    field('policy', pool.policy),
    field('affinity', pool.affinity),
    field('health.path', health.path),
    listField(
      'health.statuses',
      health.statuses.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)),
      'none',
    ),
    secondsField('health.interval', health.intervalSeconds),
    secondsField('health.timeout', health.timeoutSeconds),
    field('health.rise', health.rise),
    field('health.fall', health.fall),
    field('outliers.consecutive5xx', outliers.consecutive5xx),
    field('outliers.consecutiveGatewayErrors', outliers.consecutiveGatewayErrors),
    secondsField('outliers.interval', outliers.intervalSeconds),
    field('outliers.failureRatio', outliers.failureRatio),
    field('outliers.latencyFactor', outliers.latencyFactor),
    field('outliers.minRequests', outliers.minRequests),
    secondsField('outliers.ejection', outliers.ejectionSeconds),
    secondsField('outliers.maxEjection', outliers.maxEjectionSeconds),
    field('outliers.maxEjectedRatio', outliers.maxEjectedRatio),
    field('maxInFlightPerBackend', pool.maxInFlightPerBackend),
    field('queue.maxRequests', queue.maxRequests),
    secondsField('queue.timeout', queue.timeoutSeconds),
    field('retryBudget.ratio', retryBudget.ratio),
    field('retryBudget.minPerSecond', retryBudget.minPerSecond),
    field('panicThreshold', pool.panicThreshold),
    secondsField('slowStart', pool.slowStartSeconds),
    field('stickiness.cookie', stickiness?.cookie),
    secondsField('stickiness.lifetime', stickiness?.lifetimeSeconds),
    field('stickiness.sameSite', stickiness?.sameSite),
    field('stickiness.path', stickiness?.path),
    field('discovery.name', discovery?.name),
    field('discovery.record', discovery?.record),
    field('discovery.port', discovery?.port),
    secondsField('discovery.refresh', discovery?.refreshSeconds),
    field('discovery.scheme', discovery?.scheme),
    amountsField('discovery.resources', discovery?.resources, discovery && NOT_DECLARED),
  ];
}

/** The fields of a static backend. */
export function backendFields(backend: StaticBackendConfig): Field[] {
  return [
    field('url', backend.url),
    amountsField('resources', backend.resources, NOT_DECLARED),
    field('pingPath', backend.pingPath),
    field('maxInFlight', backend.maxInFlight),
    hiddenField('labels', backend.labels),
  ];
}
