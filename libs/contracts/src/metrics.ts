// The JSON view of the load table: `GET /api/v1/metrics`.
import { z } from 'zod';
import { fleetEventSchema } from './events.js';
import { momentSchema } from './moment.js';
import { backendStateSchema, poolNameSchema } from './registration.js';

const amounts = z.record(z.string(), z.number());

/** Latency quantiles since the balancer started, milliseconds, accurate to 7 %; null before the first response. */
export const latencySchema = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .nullable()
  .meta({ id: 'LatencyMs' });

/** See {@link latencySchema}. */
export type LatencyMs = z.infer<typeof latencySchema>;

/** The load of one backend. */
export const backendMetricsSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    pool: poolNameSchema,
    hasPool: z.boolean().describe('Whether the configuration has its pool; otherwise it gets no requests'),
    state: backendStateSchema,
    reason: z.string(),
    since: momentSchema,
    labels: z.record(z.string(), z.string()),
    capacity: amounts.describe('Declared capacity, units per second'),
    speed: z.number().describe('Measured speed, as a multiple of the declared capacity'),
    strandedCapacity: amounts.describe(
      'Capacity that is idle because another resource of the backend is full, units per second',
    ),
    inFlight: z.int().describe('Exchanges in progress'),
    maxInFlight: z.int().describe('Maximum number of concurrent exchanges'),
    ejections: z.int().describe('Number of consecutive ejections'),
    inFlightDemand: amounts.describe('Total demand of the exchanges in progress, units'),
    backlogSeconds: amounts.describe('Seconds of work queued per resource: in-flight demand divided by capacity'),
    dominantBacklogSeconds: z.number().describe('The maximum of backlogSeconds'),
    totals: amounts.describe('Total demand of all exchanges sent to the backend, units'),
    requests: z.int().describe('Exchanges sent to the backend, including retries'),
    errors: z
      .int()
      .describe('Failed exchanges: connection refused or reset, timeout, incomplete response, or status 5xx'),
    latencyMs: latencySchema,
  })
  .meta({ id: 'BackendMetrics' });

/** See {@link backendMetricsSchema}. */
export type BackendMetrics = z.infer<typeof backendMetricsSchema>;

/** The load of the whole fleet at one moment. */
export const fleetMetricsSchema = z
  .object({
    at: momentSchema,
    version: z
      .string()
      .meta({ examples: ['0.1.0'] })
      .describe('The version of the balancer'),
    threads: z.int().min(1).describe('Threads that serve clients'),
    uptimeSeconds: z.number(),
    status: z
      .enum(['ok', 'panic', 'degraded'])
      .describe(
        'panic: too few backends are up, so unhealthy ones get requests too; degraded: no backend gets requests',
      ),
    policy: z
      .string()
      .meta({ examples: ['drf'] })
      .describe('The policy of the default pool'),
    resources: z.array(z.string()).meta({ examples: [['compute', 'storage']] }),
    fleet: z.object({
      backends: z.int(),
      up: z.int(),
      requests: z.int().describe('Requests received from clients'),
      unplaced: z.int().describe('Requests that got status 503 because no backend could take them'),
      queued: z.int().describe('Requests waiting for a backend with room'),
      retries: z.int().describe('Attempts after the first one of a request'),
      errors: z.int().describe('Failed attempts, summed over the backends'),
      inFlight: z.int(),
      capacity: amounts.describe('Sum over the backends that are up, units per second'),
      inFlightDemand: amounts,
      strandedCapacity: amounts.describe('Sum of the stranded capacity of the backends, units per second'),
      totals: amounts.describe('Total demand of all attempts, units'),
      latencyMs: latencySchema,
    }),
    backends: z.array(backendMetricsSchema).describe('Sorted by id, without backends that have left'),
    events: z.array(fleetEventSchema).describe('The latest 100 events and the latest 50 refusals, oldest first'),
  })
  .meta({ id: 'FleetMetrics' });

/** See {@link fleetMetricsSchema}. */
export type FleetMetrics = z.infer<typeof fleetMetricsSchema>;
