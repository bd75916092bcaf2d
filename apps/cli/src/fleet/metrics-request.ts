// Asks a balancer for its metrics: those that the commands show.
import { backendMetricsSchema, fleetMetricsSchema } from '@fairlead/contracts';
import { z } from 'zod';

/** The load of one backend. */
export const shownBackendSchema = backendMetricsSchema.pick({
  id: true,
  url: true,
  pool: true,
  state: true,
  reason: true,
  meanInFlight: true,
  peakInFlight: true,
  capacity: true,
  meanBacklogSeconds: true,
  requests: true,
  errors: true,
  latencyMs: true,
});

const schema = fleetMetricsSchema
  .pick({ status: true, version: true, uptimeSeconds: true, policy: true, threads: true, fleet: true, resources: true })
  .extend({ backends: z.array(shownBackendSchema) });

/** See {@link shownBackendSchema}. */
export type ShownBackend = z.infer<typeof shownBackendSchema>;

/** `GET /api/v1/metrics`. */
export const METRICS = { path: 'api/v1/metrics', schema, what: 'metrics' } as const;
