// The placement API: how the balancer scores backends for a demand, and the demand it expects of each request class.
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import { backendStateSchema, poolNameSchema } from './registration.js';
import { demandSchema } from './resources.js';

const PATH_FORM = 'must be a path such as /reports/7, of printable ASCII without spaces';
const METHOD_FORM = 'must be a method in capital letters, such as GET';

const amounts = z.record(z.string(), z.number());

const confidence = z.number().describe('From 0 (nothing known) towards 1 (certain)');

/** The models that requests are placed by; `declared`: by declared resources, with `DECLARED_CAPACITY=trusted`. */
export const LEARNING_MODELS = ['latent', 'attained-service', 'least-requests', 'declared'] as const;

const samples = z
  .number()
  .describe('How many responses that this balancer has seen this is based on; older ones count for less');
const adoptedSamples = z
  .number()
  .describe(
    'What was adopted from other balancers, or from before the last start, weighs as much as this many further samples: ' +
      'at most 50, and fewer the more samples of its own the balancer has',
  );
const adoptedFrom = z
  .array(z.string())
  .describe('The ids of the balancers that this was adopted from; the id of this balancer: from before its last start');

const latentMachineSchema = z
  .object({
    slowness: amounts.describe('Seconds per unit, by latent resource'),
    samples,
    adoptedSamples,
    confidence,
  })
  .meta({ id: 'LatentMachine' });

/** The body of `POST /api/v1/placement/explain`. */
export const explainRequestSchema = closedObject({
  demand: demandSchema
    .optional()
    .describe(
      'Units by resource; a resource that is left out is not needed. Without it, path says which request it is',
    ),
  pool: poolNameSchema.optional().describe('The pool of the request; by default that of its route, or default'),
  path: z
    .string(PATH_FORM)
    .regex(/^\/[\x21-\x7e]{0,8191}$/, PATH_FORM)
    .optional()
    .describe('Path and query of a request: its route, its pool and its demand are found out'),
  method: z
    .string(METHOD_FORM)
    .regex(/^[A-Z]{1,32}$/, METHOD_FORM)
    .optional()
    .describe('Its method; default: GET'),
  host: z.string().max(1000, 'must have at most 1000 characters').optional().describe('Its Host; default: none'),
  headers: z
    .record(z.string(), z.string())
    .refine((fields) => Object.keys(fields).length <= 100, 'must have at most 100 fields')
    .optional()
    .describe('Other fields of its head, by name'),
})
  .refine((body) => body.demand !== undefined || body.path !== undefined, 'give demand, or path, or both')
  .refine(
    (body) => body.path !== undefined || !(body.method ?? body.host ?? body.headers),
    'method, host and headers need path',
  )
  .meta({
    id: 'ExplainRequest',
    examples: [{ demand: { compute: 3, storage: 1 } }, { method: 'GET', host: 'example.org', path: '/reports/7' }],
  });

/** See {@link explainRequestSchema}. */
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

/** The response to {@link explainRequestSchema}: each candidate with its score, any other backend with the reason. */
export const explanationSchema = z
  .object({
    pool: poolNameSchema,
    policy: z.string(),
    route: z.string().nullable().describe('The route of the request; null: it was given by its demand'),
    class: z.string().nullable().describe('The class of requests whose demand is learned; null: it is not learned'),
    demand: amounts,
    latent: z
      .object({
        model: z.enum(LEARNING_MODELS).exclude(['declared']),
        class: z
          .string()
          .describe('The class whose demand this is. Requests that declare about the same demand are one class'),
        demand: amounts.describe('Units by latent resource'),
        samples,
        adoptedSamples,
        confidence,
        exploration: z
          .object({
            ratio: z.number().describe('The part of the requests that explore, from 0 to 1'),
            candidates: z
              .array(z.string())
              .describe(
                'The backends to which one may go, the least known first: those where its predicted latency is at most ' +
                  'three times the shortest. It goes to the first; among equally little known ones, to a random one',
              ),
          })
          .describe('Requests that go where little is known, rather than to `chosen`'),
      })
      .nullable()
      .describe(
        'What the scores are computed from; null: not from latent resources, but from `demand` and declared capacity',
      ),
    demandSource: z
      .enum(['given', 'configured', 'reported', 'inferred', 'prior'])
      .describe('given: in the request; configured: by its route, a rule or DEMAND_SOURCE; the others: learned'),
    note: z.string().nullable().describe('What the answer does not say for sure'),
    chosen: z
      .string()
      .nullable()
      .describe(
        'Where the request would go. null: there is no candidate, or the policy chooses by chance or in turn, as `note` says',
      ),
    candidates: z.array(
      z.object({
        id: z.string(),
        score: z.number().nullable().describe('The smallest is chosen; null: the policy does not score'),
        terms: z
          .record(
            z.string(),
            z.object({
              backlogSeconds: z.number().describe('T: estimated seconds of work left'),
              workSeconds: z.number().describe('w: seconds of work the request would add'),
              score: z.number().describe('κ ((T + w)⁴ − T⁴) / 4, where κ grows with the size of the backend'),
            }),
          )
          .describe(
            'By latent resource, such as latent-1, if the scores are computed from these; otherwise by resource',
          ),
        declared: amounts.nullable().describe('Units per second by resource; null: it declares nothing'),
        latent: latentMachineSchema
          .nullable()
          .describe('What is believed of it; null: the scores are not computed from latent resources'),
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
        confidence,
        samples: z.number().describe('Number of reports or latencies the demand is based on'),
        adoptedSamples,
        adoptedFrom,
        latent: amounts
          .nullable()
          .describe('Units by latent resource, by which requests are placed; null with DECLARED_CAPACITY=trusted'),
      }),
    ),
  })
  .meta({ id: 'DemandList' });

/** See {@link demandListSchema}. */
export type DemandList = z.infer<typeof demandListSchema>;

/** The response of `GET /api/v1/machines`: how fast the balancer believes each backend to be, and how certain that is. */
export const machineListSchema = z
  .object({
    model: z
      .enum(LEARNING_MODELS)
      .describe(
        'latent: several latent resources; attained-service: one, a speed for each backend and a cost for each class; ' +
          'least-requests: all requests count alike; declared: declared resources, with DECLARED_CAPACITY=trusted',
      ),
    fit: z
      .object({
        rank: z.int().min(1).describe('Number of latent resources in use'),
        loss: z
          .number()
          .nullable()
          .describe(
            'Mean deviance of predictions made before the responses were seen, x − ln x − 1 where x is the latency as a ' +
              'multiple of the prediction; 0: all were right. null: too few predictions so far',
          ),
        exploration: z.number().describe('The part of the requests sent where little is known, from 0 to 1'),
        version: z.int().min(0).describe('Increases whenever the beliefs change'),
      })
      .nullable()
      .describe('null if the model is `declared`'),
    machines: z.array(
      z.object({
        id: z.string(),
        pool: poolNameSchema,
        declared: amounts.nullable().describe('Units per second by resource; null: it declares nothing'),
        speed: z
          .number()
          .describe('As a multiple of what it declares or, if it declares nothing, of a median backend of its pool'),
        latent: latentMachineSchema.nullable().describe('null if the model is `declared`'),
        adoptedFrom,
      }),
    ),
  })
  .meta({ id: 'MachineList' });

/** See {@link machineListSchema}. */
export type MachineList = z.infer<typeof machineListSchema>;
