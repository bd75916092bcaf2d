// The JSON view of the load table: `GET /api/v1/metrics`.
import { z } from 'zod';
import { fleetEventSchema } from './events.js';
import { momentSchema } from './moment.js';
import { backendStateSchema } from './registration.js';

const amounts = z.record(z.string(), z.number());

/** Latency quantiles since the balancer started, milliseconds, each within 7 % of the truth; null before the first answer. */
export const latencySchema = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .nullable()
  .meta({ id: 'LatencyMs' });

/** See {@link latencySchema}. */
export type LatencyMs = z.infer<typeof latencySchema>;

/** One backend's load. */
export const backendMetricsSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    state: backendStateSchema,
    reason: z.string(),
    since: momentSchema,
    labels: z.record(z.string(), z.string()),
    capacity: amounts.describe('Units per second, as announced'),
    speed: z.number().describe('Speed it was seen to have, as a multiple of what it announced'),
    strandedCapacity: amounts.describe('Units per second that are idle while a partner resource is full'),
    inFlight: z.int().describe('Exchanges being served now'),
    maxInFlight: z.int().describe('The most exchanges it is given at a time'),
    ejections: z.int().describe('How often in a row it was ejected'),
    inFlightDemand: amounts.describe('Sum of their demands, units'),
    backlogSeconds: amounts.describe('In-flight demand over capacity: seconds of work queued per resource'),
    dominantBacklogSeconds: z.number().describe('The largest of backlogSeconds'),
    totals: amounts.describe('Sum of the demands of all requests sent there, units'),
    requests: z.int().describe('Exchanges sent there, retries included'),
    errors: z.int().describe('Exchanges that failed there: refused, reset, timed out, cut off, or a 5xx answer'),
    latencyMs: latencySchema,
  })
  .meta({ id: 'BackendMetrics' });

/** See {@link backendMetricsSchema}. */
export type BackendMetrics = z.infer<typeof backendMetricsSchema>;

/** The whole fleet's load at one moment. */
export const fleetMetricsSchema = z
  .object({
    at: momentSchema,
    uptimeSeconds: z.number(),
    status: z
      .enum(['ok', 'panic', 'degraded'])
      .describe('panic: too few backends are up, others serve too; degraded: no backend is given requests'),
    policy: z.string().meta({ examples: ['drf'] }),
    resources: z.array(z.string()).meta({ examples: [['compute', 'storage']] }),
    fleet: z.object({
      backends: z.int(),
      up: z.int(),
      requests: z.int().describe('Requests taken from clients'),
      unplaced: z.int().describe('Requests answered 503 because no backend could take them'),
      queued: z.int().describe('Requests that wait for room on a backend now'),
      retries: z.int().describe('Further attempts made for requests whose first one failed'),
      errors: z.int().describe('Attempts that failed, summed over the backends'),
      inFlight: z.int(),
      capacity: amounts.describe('Sum over the backends that are up, units per second'),
      inFlightDemand: amounts,
      strandedCapacity: amounts.describe('Units per second that are idle while a partner resource is full'),
      totals: amounts.describe('Sum of the demands of all attempts, units'),
      latencyMs: latencySchema,
    }),
    backends: z.array(backendMetricsSchema).describe('Sorted by id; those that left are not among them'),
    events: z.array(fleetEventSchema).describe('The newest 100, oldest first'),
  })
  .meta({ id: 'FleetMetrics' });

/** See {@link fleetMetricsSchema}. */
export type FleetMetrics = z.infer<typeof fleetMetricsSchema>;
