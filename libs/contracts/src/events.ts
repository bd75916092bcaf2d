// What happened to the fleet: joins, flips of state, departures, and what concerns it as a whole.
import { z } from 'zod';
import { momentSchema } from './moment.js';
import { backendStateSchema } from './registration.js';

/** What an event tells of: `state` of a backend's flip, the others are described in docs/operations.md. */
export const EVENT_KINDS = [
  'state',
  'renamed',
  'drained',
  'drain-timeout',
  'ejection-skipped',
  'panic',
  'panic-ended',
  'self-preservation',
] as const;

/**
 * One event. `sequence` grows by one with each, so that a reader knows what it has seen. Of what concerns the whole fleet
 * `backend`, `from` and `to` are null; of a flip `from` and `to` differ; of anything else about a backend they are its
 * state.
 */
export const fleetEventSchema = z
  .object({
    sequence: z.int(),
    at: momentSchema,
    kind: z.enum(EVENT_KINDS),
    backend: z.string().nullable(),
    from: backendStateSchema.nullable().describe('null when it joined'),
    to: backendStateSchema.nullable(),
    reason: z.string().meta({ examples: ['ping failed: connection refused'] }),
    evidence: z.record(z.string(), z.number()).describe('The figures behind it, by name'),
  })
  .meta({ id: 'FleetEvent' });

/** See {@link fleetEventSchema}. */
export type FleetEvent = z.infer<typeof fleetEventSchema>;

/** One of {@link EVENT_KINDS}. */
export type FleetEventKind = FleetEvent['kind'];
