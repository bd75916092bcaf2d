// The JSON view of the load table: `GET /api/v1/metrics`.
import { z } from 'zod';
import { fleetEventSchema } from './events.js';
import { momentSchema } from './moment.js';
import { backendStateSchema, poolNameSchema } from './registration.js';

const amounts = z.record(z.string(), z.number()).meta({ examples: [{ compute: 12, storage: 3 }] });
const count = z.int().min(0);

const MEAN = 'Mean over the last one to two seconds, integrated over time, so short exchanges count';
const PEAK = 'Maximum over the last 15 s, sampled every 20 ms';

/** Latency quantiles, milliseconds, accurate to 7 %; null without a response. */
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
    capacity: amounts.optional().describe('Declared capacity, units per second; absent: the backend declared nothing'),
    speed: z
      .number()
      .describe('Measured speed, as a multiple of the declared capacity, or of that of a median backend of its pool'),
    strandedCapacity: amounts.describe(
      'Capacity that is idle because another resource of the backend is full, units per second; 0 for a backend that declared nothing',
    ),
    inFlight: count.describe('Exchanges in progress at this moment'),
    meanInFlight: z.number().describe(`Exchanges in progress. ${MEAN}`),
    peakInFlight: count.describe(`Exchanges in progress. ${PEAK}`),
    maxInFlight: count.describe('Maximum number of concurrent exchanges'),
    ejections: count.describe('Number of consecutive ejections'),
    inFlightDemand: amounts.describe('Total demand of the exchanges in progress, units'),
    meanInFlightDemand: amounts.describe(`inFlightDemand. ${MEAN}`),
    backlogSeconds: amounts.describe(
      'Seconds of work queued per resource: in-flight demand divided by capacity; by that of a median backend of its pool where none is declared',
    ),
    meanBacklogSeconds: amounts.describe(`backlogSeconds. ${MEAN}`),
    peakBacklogSeconds: amounts.describe(`backlogSeconds. ${PEAK}`),
    dominantBacklogSeconds: z.number().describe('The maximum of backlogSeconds'),
    totals: amounts.describe('Total demand of all exchanges sent to the backend, units'),
    requests: count.describe('Exchanges sent to the backend, including retries and copies of requests for other pools'),
    errors: count.describe(
      'Failed exchanges: connection refused or reset, timeout, incomplete response, or status 5xx',
    ),
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
      backends: count.describe('All that are registered, whatever their state'),
      up: count.describe('Those of them that are up'),
      requests: count.describe('Requests received from clients'),
      unplaced: count.describe('Requests that got status 503 because no backend could take them'),
      queued: count.describe('Requests waiting for a backend with room'),
      retries: count.describe('Attempts after the first one of a request'),
      errors: count.describe('Failed attempts on all backends, those that have left included'),
      inFlight: count.describe('Exchanges in progress at this moment'),
      meanInFlight: z.number().describe(`Exchanges in progress. ${MEAN}`),
      peakInFlight: count.describe(`Exchanges in progress. ${PEAK}`),
      capacity: amounts.describe('Sum over the backends that are up and declared something, units per second'),
      inFlightDemand: amounts,
      meanInFlightDemand: amounts.describe(`inFlightDemand. ${MEAN}`),
      strandedCapacity: amounts.describe('Sum of the stranded capacity of the backends, units per second'),
      totals: amounts.describe('Total demand of all attempts, units, those on backends that have left included'),
      latencyMs: latencySchema.describe(
        'Latencies of requests since the balancer started, from their arrival to the end of the response of a backend or of the balancer itself',
      ),
      lastMinute: z
        .object({
          seconds: z.number().describe('How long it was: 60, or less at first'),
          requests: count,
          unplaced: count,
          retries: count,
          errors: count,
          latencyMs: latencySchema,
        })
        .describe('The same of the last minute'),
    }),
    backends: z.array(backendMetricsSchema).describe('Sorted by id, without backends that have left'),
    events: z.array(fleetEventSchema).describe('The latest 100 events and the latest 50 refusals, oldest first'),
  })
  .meta({ id: 'FleetMetrics' });

/** See {@link fleetMetricsSchema}. */
export type FleetMetrics = z.infer<typeof fleetMetricsSchema>;
