// The pools API: `GET /api/v1/pools`.
import { z } from 'zod';
import { poolNameSchema } from './registration.js';

/** A pool as the balancer sees it. */
export const poolViewSchema = z
  .object({
    name: poolNameSchema,
    policy: z.string().meta({ examples: ['drf'] }),
    configured: z
      .boolean()
      .describe('Whether the configuration has it; otherwise its backends get no requests until it returns'),
    backends: z.record(z.string(), z.int().min(0)).meta({
      description: 'Number of backends by state; states without any are left out',
      examples: [{ up: 3, draining: 1 }],
    }),
    inFlight: z.int().min(0).describe('Exchanges in progress'),
    queued: z.int().min(0).describe('Requests waiting for a backend with room'),
  })
  .meta({ id: 'Pool' });

/** See {@link poolViewSchema}. */
export type PoolView = z.infer<typeof poolViewSchema>;

/** The response of `GET /api/v1/pools`. */
export const poolListSchema = z.object({ pools: z.array(poolViewSchema) }).meta({ id: 'PoolList' });
