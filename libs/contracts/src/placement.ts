// How the balancer decides, and what it believes: answers of the placement API.
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import { backendStateSchema } from './registration.js';
import { demandSchema } from './resources.js';

const amounts = z.record(z.string(), z.number());

/** The body of `POST /api/v1/placement/explain`. */
export const explainRequestSchema = closedObject({
  demand: demandSchema.describe('Units by resource; one that is not named is not needed'),
}).meta({ id: 'ExplainRequest', examples: [{ demand: { compute: 3, storage: 1 } }] });

/** See {@link explainRequestSchema}. */
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

/** Its answer: every backend, those that could take the request with their scores, the others with what keeps them out. */
export const explanationSchema = z
  .object({
    policy: z.string(),
    demand: amounts,
    chosen: z.string().nullable().describe('The smallest score; null when there is none or the policy does not score'),
    candidates: z.array(
      z.object({
        id: z.string(),
        score: z.number(),
        terms: z.record(
          z.string(),
          z.object({
            backlogSeconds: z.number().describe('T: seconds of work estimated to be left'),
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

/** What is believed of the demand of each class of requests: the answer of `GET /api/v1/demands`. */
export const demandListSchema = z
  .object({
    reports: z.object({ accepted: z.int(), ignored: z.int() }).describe('Cost reports of backends'),
    classes: z.array(
      z.object({
        name: z.string().meta({ examples: ['GET /users/{}'] }),
        demand: amounts,
        source: z.enum(['reported', 'inferred', 'prior']),
        confidence: z.number().describe('0 for nothing known, towards 1 for sure'),
        samples: z.number().describe('Reports or latencies it rests on'),
      }),
    ),
  })
  .meta({ id: 'DemandList' });

/** See {@link demandListSchema}. */
export type DemandList = z.infer<typeof demandListSchema>;
