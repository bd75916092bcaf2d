// The event log: backends that join, change state or leave, and events of the fleet as a whole.
import { z } from 'zod';
import { momentSchema } from './moment.js';
import { backendStateSchema } from './registration.js';

/** The kinds of event. `state` is a backend's change of state; docs/operations.md describes the others. */
export const EVENT_KINDS = [
  'state',
  'changed',
  'renamed',
  'drained',
  'drain-timeout',
  'ejection-skipped',
  'panic',
  'panic-ended',
  'self-preservation',
  'refused',
  'certificate-changed',
  'certificate-rejected',
  'configuration-changed',
  'configuration-rejected',
  'discovery-failed',
  'discovery-recovered',
  'registry-away',
  'registry-back',
  'balancer-joined',
  'balancer-left',
  'balancer-id-taken',
  'learning-model-changed',
] as const;

/**
 * One event. `sequence` increases by one with every event, so that a reader can tell which ones are new. For a change
 * of state, `from` and `to` differ; for any other event of a backend, both are its state; for an event of the whole
 * fleet, `backend`, `from` and `to` are null. Events that a caller of the control plane asked for have `caller` and
 * `action`, and `token` if it sent one; those of kind `refused` are requests that were not carried out.
 */
export const fleetEventSchema = z
  .object({
    sequence: z.int().min(0),
    at: momentSchema,
    kind: z.enum(EVENT_KINDS),
    backend: z.string().nullable(),
    from: backendStateSchema
      .nullable()
      .describe('null if the backend joined, or if the event concerns the whole fleet'),
    to: backendStateSchema.nullable(),
    reason: z.string().meta({ examples: ['ping failed: connection refused'] }),
    caller: z.string().optional().describe('The address of the caller that asked for it; absent if none did'),
    token: z.string().optional().describe('The name of the token that the caller sent; absent if it needed none'),
    action: z
      .string()
      .optional()
      .describe('What the caller asked for: register, renew, drain, resume, remove, reload or read'),
    evidence: z.record(z.string(), z.number()).describe('The figures that led to the event, by name'),
  })
  .meta({ id: 'FleetEvent' });

/** See {@link fleetEventSchema}. */
export type FleetEvent = z.infer<typeof fleetEventSchema>;

/** One of {@link EVENT_KINDS}. */
export type FleetEventKind = FleetEvent['kind'];
