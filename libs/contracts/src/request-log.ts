// The log of the latest requests, `GET /api/v1/requests`, and the lines of the access log.
import { z } from 'zod';
import { momentSchema } from './moment.js';

/** One finished request. */
export const requestRecordSchema = z
  .object({
    at: momentSchema,
    client: z.string().describe("The client's address"),
    method: z.string(),
    path: z.string().describe('Path without the query, truncated to 200 characters'),
    protocol: z.string().describe('What the client speaks: HTTP/1.1 or HTTP/1.0'),
    tls: z.string().optional().describe('TLS version of the connection, such as TLSv1.3; absent without TLS'),
    status: z.int().min(100).describe('Status sent to the client; 499 if the client disconnected before the response'),
    bytesIn: z.int().min(0).describe('Bytes received from the client: head, body, and what follows an upgrade'),
    bytesOut: z.int().min(0).describe('Bytes sent to the client: head, body, and what follows an upgrade'),
    durationMs: z.number().describe('From the arrival of the head to the end of the request'),
    firstByteMs: z
      .number()
      .nullable()
      .describe("From the arrival of the head to the first byte of the backend's response; null if there was none"),
    backend: z.string().nullable().describe('null if no backend could take the request'),
    attempts: z.int().min(0),
    demand: z.record(z.string(), z.number()),
    requestId: z.string().nullable().describe('As in X-Request-Id; null with REQUEST_ID=off'),
  })
  .meta({ id: 'RequestRecord' });

/** See {@link requestRecordSchema}. */
export type RequestRecord = z.infer<typeof requestRecordSchema>;

/** A line of the access log: a record, and what only the lines have. */
export interface AccessRecord extends RequestRecord {
  /** `Host` of the request, truncated to 200 characters; null if it had none. */
  readonly host: string | null;
  /** `User-Agent` of the request, truncated to 200 characters; null if it had none. */
  readonly userAgent: string | null;
}

/** The response of `GET /api/v1/requests`: newest first, at most 200. */
export const requestLogSchema = z.object({ requests: z.array(requestRecordSchema) }).meta({ id: 'RequestLog' });
