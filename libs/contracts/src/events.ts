// What happened to the fleet: joins, flips of state, departures.
import { z } from 'zod';
import { backendStateSchema } from './registration.js';

/** One change of a backend's state. `sequence` grows by one with each event, so that a reader knows what it has seen. */
export const fleetEventSchema = z
  .object({
    sequence: z.int(),
    at: z.iso.datetime(),
    backend: z.string(),
    from: backendStateSchema.nullable().describe('null when it joined'),
    to: backendStateSchema,
    reason: z.string().meta({ examples: ['ping failed: connection refused'] }),
  })
  .meta({ id: 'FleetEvent' });

/** See {@link fleetEventSchema}. */
export type FleetEvent = z.infer<typeof fleetEventSchema>;
