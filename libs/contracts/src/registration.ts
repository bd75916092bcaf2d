// The registration API, version 1: what a backend declares, and the balancer's view of it.
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import { momentSchema } from './moment.js';
import { capacitySchema, recordByName } from './resources.js';

/**
 * The states of a backend: `joining → up → suspect → down`; `ejected` for a while if its responses are bad although its
 * pings succeed; `draining` before it leaves; `gone` once it has left.
 */
export const BACKEND_STATES = ['joining', 'up', 'suspect', 'ejected', 'down', 'draining', 'gone'] as const;

/**
 * How a backend came into the fleet. `static`: the configuration file names it. `dns`: a lookup for a pool found it. Whether
 * those two are members, only the configuration file decides.
 */
export type BackendSource = 'registered' | 'static' | 'dns';

/** One of {@link BACKEND_STATES}. */
export const backendStateSchema = z.enum(BACKEND_STATES).meta({ id: 'BackendState' });

/** See {@link backendStateSchema}. */
export type BackendState = z.infer<typeof backendStateSchema>;

const ID_FORM = 'must be 1 to 200 characters: letters, digits and . _ ~ : / @ [ ] -';

/** A backend's id. It may contain what a URL's host and path do, because the id defaults to the URL. */
export const backendIdSchema = z
  .string(ID_FORM)
  .regex(/^[A-Za-z0-9._~:/@[\]-]{1,200}$/, ID_FORM)
  .meta({ examples: ['files-1'] });

const POOL_FORM = 'must be 1 to 64 characters: letters, digits and . _ -';

/** The name of a pool. */
export const poolNameSchema = z
  .string(POOL_FORM)
  .regex(/^[\w.-]{1,64}$/, POOL_FORM)
  .meta({ examples: ['default'] });

const URL_FORM = 'must be an http or https URL without credentials, query or fragment, such as http://10.0.0.7:8080';

const backendUrlSchema = z
  .string(URL_FORM)
  .max(1000, 'must be at most 1000 characters')
  .refine((text) => {
    // `URL.parse` needs Node 22, and the published client runs on Node 20.
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol) || url.hostname === '') return false;
    return !url.username && !url.password && !url.search && !url.hash && url.port !== '0';
  }, URL_FORM);

const PING_PATH_FORM = 'must be a path such as /health, of printable ASCII without spaces, at most 500 characters';
const PORT_FORM = 'must be a whole number from 1 to 65535';
const LEASE_FORM = 'must be a number of seconds from 1 to 86400';
const LIMIT_FORM = 'must be a whole number from 1 to 1000000';
const LABEL_FORM = 'must be a string of at most 100 characters';

/** JSON can carry half of a surrogate pair, which not every program that reads the registry understands. */
const labelSchema = z
  .string(LABEL_FORM)
  .max(100, LABEL_FORM)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/**
 * The body of `POST /api/v1/backends`. `url` and `port` exclude each other; the default is port 80 of the caller's
 * address. To an https `url` the balancer connects with TLS. Without `leaseSeconds`, the backend's health depends on
 * ping-acks alone. `pool` is the pool whose requests it serves, by default `default`. Without `resources`, or with empty ones,
 * the backend declares nothing, must have a `url` or a `port`, and the balancer assumes what is usual in its pool. `maxInFlight` is the maximum number of
 * concurrent exchanges; without it, the balancer derives a limit from the resources.
 */
export const registrationSchema = closedObject({
  id: backendIdSchema.optional(),
  url: backendUrlSchema.optional(),
  port: z.int(PORT_FORM).min(1, PORT_FORM).max(65_535, PORT_FORM).optional(),
  pool: poolNameSchema.optional(),
  resources: capacitySchema.optional(),
  pingPath: z
    .string(PING_PATH_FORM)
    .regex(/^\/[\x21-\x22\x24-\x7e]{0,499}$/, PING_PATH_FORM)
    .optional(),
  leaseSeconds: z.number(LEASE_FORM).min(1, LEASE_FORM).max(86_400, LEASE_FORM).optional(),
  maxInFlight: z.int(LIMIT_FORM).min(1, LIMIT_FORM).max(1_000_000, LIMIT_FORM).optional(),
  labels: recordByName(labelSchema, '{"zone": "a"}')
    .refine((labels) => Object.keys(labels).length <= 20, 'must have at most 20 entries')
    .optional(),
})
  .refine((body) => body.url === undefined || body.port === undefined, 'give either url or port, not both')
  .meta({
    id: 'Registration',
    examples: [
      {
        id: 'files-1',
        port: 8080,
        resources: { compute: 20, storage: 36 },
        pingPath: '/health',
        leaseSeconds: 30,
        labels: { zone: 'a' },
      },
    ],
  });

/** See {@link registrationSchema}. */
export type Registration = z.infer<typeof registrationSchema>;

/** A backend's lease as the balancer sees it. */
export const leaseViewSchema = z
  .object({
    leaseSeconds: z.number().describe('How long the lease lasts after a renewal'),
    renewEverySeconds: z
      .number()
      .positive()
      .describe('Interval at which the backend should renew: a third of the lease'),
    expiresInSeconds: z
      .number()
      .nullable()
      .describe('Seconds until the lease expires; null: it was renewed with another balancer that shares the registry'),
  })
  .meta({ id: 'Lease' });

/** See {@link leaseViewSchema}. */
export type LeaseView = z.infer<typeof leaseViewSchema>;

/** A backend as the balancer sees it. */
export const backendViewSchema = z
  .object({
    id: backendIdSchema,
    url: z.string(),
    pool: poolNameSchema.describe('The pool whose requests it serves'),
    source: z
      .enum(['registered', 'static', 'dns'])
      .describe('registered: it registered; static: the configuration file names it; dns: a lookup found it'),
    state: backendStateSchema,
    reason: z.string().describe('Why the backend is in this state'),
    since: momentSchema.describe('When the backend entered this state'),
    registeredAt: momentSchema,
    resources: z
      .record(z.string(), z.number())
      .optional()
      .describe('Declared capacity, units per second; absent: the backend declared nothing'),
    pingPath: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    lease: leaseViewSchema.nullable().describe('null: no lease, health depends on ping-acks alone'),
    inFlight: z.int().min(0).describe('Exchanges in progress, including upgraded connections'),
    maxInFlight: z.int().min(0).describe('Maximum number of concurrent exchanges'),
    drain: z
      .object({
        complete: z.boolean().describe('Whether no exchange is in progress any more'),
        drainedAt: momentSchema.nullable().describe('When the drain completed'),
        cutInSeconds: z
          .number()
          .nullable()
          .describe('Seconds until the remaining exchanges are disconnected; null: never, or the drain is complete'),
      })
      .nullable()
      .describe('null unless the backend is draining'),
  })
  .meta({ id: 'Backend' });

/** See {@link backendViewSchema}. */
export type BackendView = z.infer<typeof backendViewSchema>;

/** The response of `GET /api/v1/backends`. */
export const backendListSchema = z.object({ backends: z.array(backendViewSchema) }).meta({ id: 'BackendList' });

/** The header in which a backend sends the secret that it got when it registered. */
export const BACKEND_SECRET_HEADER = 'Fairlead-Backend-Secret';

/**
 * The header of responses to renewals by a balancer that cannot reach the registry that it shares, with the value `away`: the
 * other balancers do not hear of the renewal.
 */
export const REGISTRY_HEADER = 'Fairlead-Registry';

/** The response to a registration. */
export const registeredBackendSchema = backendViewSchema
  .extend({
    secret: z
      .string()
      .optional()
      .describe(
        'Present when the caller has become the owner of the backend: it renews and removes the backend with this secret ' +
          `in the header ${BACKEND_SECRET_HEADER}. It is sent only once`,
      ),
  })
  .meta({ id: 'RegisteredBackend' });

/** See {@link registeredBackendSchema}. */
export type RegisteredBackend = z.infer<typeof registeredBackendSchema>;
