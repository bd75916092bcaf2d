// The placement API: how the balancer scores backends for a demand, and the demand it expects of each request class.
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import { backendStateSchema, poolNameSchema } from './registration.js';
import { demandSchema } from './resources.js';

const amounts = z.record(z.string(), z.number());

/** The body of `POST /api/v1/placement/explain`. */
export const explainRequestSchema = closedObject({
  demand: demandSchema.describe('Units by resource; a resource that is left out is not needed'),
  pool: poolNameSchema.optional().describe('The pool of the request; default: default'),
}).meta({ id: 'ExplainRequest', examples: [{ demand: { compute: 3, storage: 1 } }] });

/** See {@link explainRequestSchema}. */
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

/** The response to {@link explainRequestSchema}: each candidate with its score, any other backend with the reason. */
export const explanationSchema = z
  .object({
    pool: poolNameSchema,
    policy: z.string(),
    demand: amounts,
    chosen: z
      .string()
      .nullable()
      .describe('The candidate with the smallest score; null if there is none or the policy does not score'),
    candidates: z.array(
      z.object({
        id: z.string(),
        score: z.number(),
        terms: z.record(
          z.string(),
          z.object({
            backlogSeconds: z.number().describe('T: estimated seconds of work left'),
            workSeconds: z.number().describe('w: seconds of work the request would add'),
            score: z.number().describe('((T + w)⁴ − T⁴) / 4'),
          }),
        ),
      }),
    ),
    excluded: z.array(z.object({ id: z.string(), state: backendStateSchema, reason: z.string() })),
  })
  .meta({ id: 'Explanation' });

/** See {@link explanationSchema}. */
export type Explanation = z.infer<typeof explanationSchema>;

/** The response of `GET /api/v1/demands`: the demand the balancer expects of each class of requests. */
export const demandListSchema = z
  .object({
    reports: z
      .object({ accepted: z.int().min(0), ignored: z.int().min(0) })
      .describe('Cost reports received from backends'),
    classes: z.array(
      z.object({
        name: z.string().meta({ examples: ['GET /users/{}'] }),
        pool: poolNameSchema,
        demand: amounts,
        source: z.enum(['reported', 'inferred', 'prior']),
        confidence: z.number().describe('From 0 (nothing known) towards 1 (certain)'),
        samples: z.number().describe('Number of reports or latencies the demand is based on'),
      }),
    ),
  })
  .meta({ id: 'DemandList' });

/** See {@link demandListSchema}. */
export type DemandList = z.infer<typeof demandListSchema>;
