// The log of the latest requests: `GET /api/v1/requests`.
import { z } from 'zod';
import { momentSchema } from './moment.js';

/** One finished request. */
export const requestRecordSchema = z
  .object({
    at: momentSchema,
    client: z.string().describe("The client's address"),
    method: z.string(),
    path: z.string().describe('Path without the query, truncated to 200 characters'),
    status: z.int().describe('Status sent to the client; 499 if the client disconnected before the response'),
    backend: z.string().nullable().describe('null if no backend could take the request'),
    demand: z.record(z.string(), z.number()),
    attempts: z.int(),
    durationMs: z.number(),
    requestId: z.string().nullable().describe('As in X-Request-Id; null with REQUEST_ID=off'),
  })
  .meta({ id: 'RequestRecord' });

/** See {@link requestRecordSchema}. */
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** The response of `GET /api/v1/requests`: newest first, at most 200. */
export const requestLogSchema = z.object({ requests: z.array(requestRecordSchema) }).meta({ id: 'RequestLog' });
