// Builds pools: what the file says, and the defaults for the rest.
import { backendUrl } from '@fairlead/contracts';
import type { FieldPath } from '../document/problems.js';
import type { DiscoveryConfig, PoolConfig, StaticBackendConfig, StickinessConfig } from '../pool-config.js';
import { durationText } from '../schema/fields.js';
import type { PoolInFile } from '../schema/pool-schema.js';
import type { BuildContext } from './build-context.js';
import { capacityOf } from './resources.js';

type BackendInFile = NonNullable<PoolInFile['backends']>[number];

/** A pool. `path` is where it is in the file. */
export function buildPool(name: string, file: PoolInFile, path: FieldPath, context: BuildContext): PoolConfig {
  const { pool } = context.defaults;
  const { health = {}, outliers = {}, queue = {}, retryBudget = {} } = file;
  const ejectionSeconds = outliers.ejection ?? pool.outliers.ejectionSeconds;
  const maxEjectionSeconds = outliers.maxEjection ?? pool.outliers.maxEjectionSeconds;
  if (ejectionSeconds > maxEjectionSeconds) {
    const field = outliers.ejection === undefined ? 'maxEjection' : 'ejection';
    const allowed =
      field === 'ejection'
        ? `most maxEjection (${durationText(maxEjectionSeconds)})`
        : `least ejection (${durationText(ejectionSeconds)})`;
    context.problems.add([...path, 'outliers', field], `must be at ${allowed}`, {
      given: durationText(field === 'ejection' ? ejectionSeconds : maxEjectionSeconds),
    });
  }
  return {
    name,
    policy: file.policy ?? pool.policy,
    affinity: file.affinity ?? pool.affinity,
    health: {
      path: health.path ?? pool.health.path,
      statuses: health.statuses ?? pool.health.statuses,
      intervalSeconds: health.interval ?? pool.health.intervalSeconds,
      timeoutSeconds: health.timeout ?? pool.health.timeoutSeconds,
      rise: health.rise ?? pool.health.rise,
      fall: health.fall ?? pool.health.fall,
    },
    outliers: {
      consecutive5xx: outliers.consecutive5xx ?? pool.outliers.consecutive5xx,
      consecutiveGatewayErrors: outliers.consecutiveGatewayErrors ?? pool.outliers.consecutiveGatewayErrors,
      intervalSeconds: outliers.interval ?? pool.outliers.intervalSeconds,
      failureRatio: outliers.failureRatio ?? pool.outliers.failureRatio,
      latencyFactor: outliers.latencyFactor ?? pool.outliers.latencyFactor,
      minRequests: outliers.minRequests ?? pool.outliers.minRequests,
      ejectionSeconds,
      maxEjectionSeconds,
      maxEjectedRatio: outliers.maxEjectedRatio ?? pool.outliers.maxEjectedRatio,
    },
    maxInFlightPerBackend: file.maxInFlightPerBackend ?? pool.maxInFlightPerBackend,
    queue: {
      maxRequests: queue.maxRequests ?? pool.queue.maxRequests,
      timeoutSeconds: queue.timeout ?? pool.queue.timeoutSeconds,
    },
    retryBudget: {
      ratio: retryBudget.ratio ?? pool.retryBudget.ratio,
      minPerSecond: retryBudget.minPerSecond ?? pool.retryBudget.minPerSecond,
    },
    panicThreshold: file.panicThreshold ?? pool.panicThreshold,
    slowStartSeconds: file.slowStart ?? pool.slowStartSeconds,
    stickiness: file.stickiness === undefined ? pool.stickiness : stickinessOf(file.stickiness),
    backends: file.backends === undefined ? pool.backends : backendsOf(file.backends, [...path, 'backends'], context),
    discovery:
      file.discovery === undefined ? pool.discovery : discoveryOf(file.discovery, [...path, 'discovery'], context),
  };
}

function stickinessOf(file: NonNullable<PoolInFile['stickiness']>): StickinessConfig {
  return {
    cookie: file.cookie ?? 'fairlead',
    lifetimeSeconds: file.lifetime,
    sameSite: file.sameSite ?? 'lax',
    path: file.path ?? '/',
  };
}

function backendsOf(
  files: readonly BackendInFile[],
  path: FieldPath,
  context: BuildContext,
): readonly StaticBackendConfig[] {
  const backends = files.map((file, i) => backendOf(file, [...path, i], context));
  for (const field of ['url', 'id'] as const) {
    for (const [i, backend] of backends.entries()) {
      const first = backends.findIndex((other) => other[field] === backend[field]);
      // An id that is the url is no second mistake.
      if (first === i || (field === 'id' && backends[first].url === backend.url)) continue;
      const message = `must differ from that of backends[${first}] of the same pool`;
      context.problems.add([...path, i, field], message, { given: backend[field] });
    }
  }
  return backends;
}

function backendOf(file: BackendInFile, path: FieldPath, context: BuildContext): StaticBackendConfig {
  const url = backendUrl(new URL(file.url));
  return {
    id: file.id ?? url,
    url,
    resources: capacityOf(file.resources, [...path, 'resources'], context),
    pingPath: file.pingPath,
    maxInFlight: file.maxInFlight,
    labels: file.labels ?? {},
  };
}

function discoveryOf(
  file: NonNullable<PoolInFile['discovery']>,
  path: FieldPath,
  context: BuildContext,
): DiscoveryConfig {
  const { name, record = 'A', scheme = 'http', refresh = 30 } = file;
  const isSrv = record === 'SRV';
  if (isSrv && file.port !== undefined) {
    context.problems.add([...path, 'port'], 'must be left out with SRV records, which have ports of their own');
  }
  return {
    name,
    record,
    port: isSrv ? undefined : (file.port ?? (scheme === 'https' ? 443 : 80)),
    refreshSeconds: refresh,
    scheme,
    resources: capacityOf(file.resources, [...path, 'resources'], context),
  };
}
