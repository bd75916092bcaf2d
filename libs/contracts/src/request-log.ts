// The last requests that went through the balancer: `GET /api/v1/requests`.
import { z } from 'zod';
import { momentSchema } from './moment.js';

/** One finished request. */
export const requestRecordSchema = z
  .object({
    at: momentSchema,
    client: z.string().describe("The client's address"),
    method: z.string(),
    path: z.string().describe('Path without the query, cut at 200 characters'),
    status: z.int().describe('What the client was answered; 499 when it went away before an answer'),
    backend: z.string().nullable().describe('null when none could take it'),
    demand: z.record(z.string(), z.number()),
    attempts: z.int(),
    durationMs: z.number(),
  })
  .meta({ id: 'RequestRecord' });

/** See {@link requestRecordSchema}. */
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** The answer of `GET /api/v1/requests`: newest first, at most 200. */
export const requestLogSchema = z.object({ requests: z.array(requestRecordSchema) }).meta({ id: 'RequestLog' });
