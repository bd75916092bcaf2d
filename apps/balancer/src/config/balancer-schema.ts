// Every variable of the balancer, its allowed values and its purpose.
import {
  cidrList,
  decimal,
  flag,
  hostNames,
  jsonValue,
  logVariables,
  oneOf,
  port,
  seconds,
  wholeNumber,
} from '@fairlead/configuration';
import {
  admissionVariables,
  healthCheckVariables,
  outlierVariables,
  placementVariables,
  recoveryVariables,
  resourceVariables,
  retryVariables,
  timeoutVariables,
} from '@fairlead/traffic-config';
import { z } from 'zod';
import { backendTlsVariables } from './backend-tls.js';
import { clientIdentityVariables } from './client-identity.js';
import { clientLimitVariables } from './client-limits.js';
import { controlPlaneTlsVariables } from './control-plane-tls.js';
import { demandRuleSchema } from './demand-rule.js';
import { pathVariables } from './path-rules.js';
import { sharedRegistryVariables } from './registry-variables.js';
import { dnsServers, threadCount } from './special-fields.js';
import { tlsVariables } from './tls-variables.js';
import { tokenVariables } from './token-variables.js';

/** Every variable of the balancer, in the order of docs/configuration.md. */
export const balancerSchema = z.object({
  FAIRLEAD_CONFIG: z
    .string()
    .optional()
    .describe(
      'File of pools and routes, read again when it changes; defaults to fairlead.yaml in the working directory, if there is one',
    ),
  DATA_PLANE_HOST: z.string().prefault('0.0.0.0').describe('Address on which clients are accepted'),
  DATA_PLANE_PORT: port().prefault('5252').describe('Port on which clients are accepted; 0: a free one'),
  FAST_LANE: oneOf(['on', 'off'])
    .prefault('on')
    .describe(
      "Whether the balancer's own HTTP/1.1 code serves common requests, at a fraction of the CPU time: on, off",
    ),
  DATA_PLANE_THREADS: threadCount
    .prefault('auto')
    .describe(
      'Threads that serve clients; auto: one per core, or 0 where threads cannot share a port; 0: the main thread serves',
    ),
  THREAD_STALL_SECONDS: seconds(0, 3_600)
    .refine((limit) => limit === 0 || limit >= 3, 'must be 0 or a number of seconds from 3 to 3600')
    .prefault('10')
    .describe('How long a thread may hang before it is replaced, or else the balancer exits; 0: no limit'),
  ...tlsVariables,
  CONTROL_PLANE_HOST: z
    .string()
    .prefault('127.0.0.1')
    .describe(
      'Address of the registration and admin API, its documentation and the metrics; any but a loopback address needs a token',
    ),
  CONTROL_PLANE_PORT: port()
    .prefault('9797')
    .describe('Port of the registration and admin API, its documentation and the metrics'),
  ...controlPlaneTlsVariables,
  ...tokenVariables,
  CONTROL_PLANE_NAMES: hostNames()
    .prefault('none')
    .describe('Host names of the control plane besides localhost and IP addresses; requests for other names get 421'),
  CONTROL_PLANE_MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .prefault('256')
    .describe(
      'Most concurrent connections to the control plane, others are closed; at most an eighth of the allowed file descriptors',
    ),
  ORIGINAL_PROTOCOL_NETWORKS: cidrList()
    .prefault('loopback')
    .describe('Networks whose callers need no token for the original registration protocol; none: the protocol is off'),
  METRICS_BACKEND_HISTOGRAMS: flag()
    .prefault('false')
    .describe('Whether /metrics has a histogram of durations for each backend, which is 18 more series for each'),
  METRICS_MAX_AGE_SECONDS: seconds(0, 60)
    .prefault('1')
    .describe('How long metrics are served from memory before they are built again; 0: each request builds them'),
  REGISTRY_FILE: z
    .string()
    .prefault('fairlead-registry-{port}.sqlite')
    .describe(
      'SQLite file that keeps the fleet, or with REGISTRY_URL what could not be stored there yet; `{port}` is CONTROL_PLANE_PORT; none, or `{port}` at port 0: memory only',
    ),
  ...sharedRegistryVariables,
  REGISTRATIONS_PER_MINUTE: wholeNumber(0, 1_000_000)
    .prefault('60')
    .describe('Registrations allowed per minute from one address and identity; 0: no limit'),
  NEW_BACKENDS_PER_MINUTE: wholeNumber(0, 1_000_000)
    .prefault('256')
    .describe('Registrations of unknown backends allowed per minute from one address; 0: no limit'),
  MAX_BACKENDS_PER_ADDRESS: wholeNumber(0, 65_536)
    .prefault('256')
    .describe('Backends that may be registered from one address at a time; 0: no limit'),
  MAX_LABEL_BYTES_PER_ADDRESS: wholeNumber(0, 100_000_000)
    .prefault('65536')
    .describe('Bytes of labels that the backends registered from one address may have together; 0: no limit'),
  MAX_CAPACITY_RATIO: decimal(1, 1_000_000_000)
    .prefault('1000')
    .describe('Largest capacity that may be registered, as a multiple of the median of the others, in each resource'),
  DECLARED_CAPACITY: oneOf(['prior', 'trusted'])
    .prefault('prior')
    .describe(
      'What declared capacity is taken for: prior (a starting point that the latencies of responses correct), trusted (true, up to a learned speed of ½ to 2)',
    ),
  ...resourceVariables,
  BACKEND_NETWORKS: cidrList()
    .prefault('loopback,private')
    .describe(
      'Where backends may be: addresses, CIDR blocks, loopback, private, any; never link-local or metadata addresses',
    ),
  ...backendTlsVariables,
  DNS_SERVERS: dnsServers
    .optional()
    .describe('DNS servers that look up the backends of pools with discovery; defaults to those of the system'),
  MAX_BACKENDS: wholeNumber(1, 65_536).prefault('1024').describe('Largest fleet: the size of the load table'),
  ...placementVariables,
  STICKINESS_KEY: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .describe(
      'Secret of stickiness cookies, `maglev` and `stable`, for balancers that share their clients; default: random ones, kept with the registry',
    ),
  DEMAND_SOURCE: oneOf(['learned', 'unit', 'random'])
    .prefault('learned')
    .describe(
      'Demand of requests without a demand header, route demand or rule: learned per class, unit (1 of each), or random (1 to 10)',
    ),
  DEMAND_CLASSES: wholeNumber(1, 100_000)
    .prefault('1000')
    .describe('Classes of requests whose demand each thread learns; beyond, the least recently used is forgotten'),
  DEMAND_SEED: wholeNumber(0, 4_294_967_295).optional().describe('Seed of random demand and random choices'),
  DEMAND_RULES: jsonValue(
    z.array(demandRuleSchema).max(1000),
    '[{"method": "GET", "path": "/reports/*rest", "demand": {"compute": 8}}]',
  )
    .prefault('[]')
    .describe('Demand by method and path, first match; `:name` matches one segment, `*name` the rest'),
  ...clientIdentityVariables,
  ...healthCheckVariables,
  PING_ACK_JITTER: decimal(0, 0.5)
    .prefault('0.1')
    .describe('Part of the interval by which a health check comes earlier or later, at random'),
  RECHECK_MIN_SECONDS: seconds(0.01, 60)
    .prefault('0.1')
    .describe('First wait before a backend that is not up is pinged again'),
  RECHECK_MAX_SECONDS: seconds(0.01, 3_600).prefault('1').describe('Longest such wait; each one doubles up to this'),
  ...recoveryVariables,
  SELF_PRESERVATION_RATIO: decimal(0, 1)
    .prefault('0.5')
    .describe(
      'When a larger part of the fleet fails one health-check sweep or lets its lease lapse, all are kept; 1 turns it off',
    ),
  ...outlierVariables,
  ...admissionVariables,
  SLOW_EXCHANGE_SECONDS: seconds(0.05, 3_600)
    .prefault('1')
    .describe('A backend that takes longer to begin a response is pinged'),
  DRAIN_TIMEOUT_SECONDS: seconds(0, 86_400)
    .prefault('300')
    .describe('How long exchanges in flight may take during a drain before they are disconnected'),
  CONNECT_TIMEOUT_SECONDS: seconds(0.01, 60).prefault('1').describe('How long connecting to a backend may take'),
  ...timeoutVariables,
  CLIENT_HEADER_TIMEOUT_SECONDS: seconds(0.1, 3_600)
    .prefault('15')
    .describe('How long a client has to send the head of a request'),
  CLIENT_KEEP_ALIVE_SECONDS: seconds(0.1, 3_600)
    .prefault('75')
    .describe('How long an idle client connection is kept open'),
  ...pathVariables,
  ...clientLimitVariables,
  ...retryVariables,
  RETRY_BUFFER_BYTES: wholeNumber(0, 16_777_216)
    .prefault('65536')
    .describe('Bytes of a request body kept for a retry; a request with a longer body is sent once'),
  MAX_HEADER_BYTES: wholeNumber(1_024, 1_048_576)
    .prefault('16384')
    .describe('Largest head of a request, in bytes, where TRAFFIC_LIMITS has no maxHeadBytes'),
  SHUTDOWN_DELAY_SECONDS: seconds(0, 3_600)
    .prefault('0')
    .describe('How long the balancer still accepts connections after a signal, while its readiness check fails'),
  SHUTDOWN_IDLE_SECONDS: seconds(0, 3_600)
    .prefault('1')
    .describe('How long idle connections stay open at shutdown, for requests already on their way'),
  SHUTDOWN_TIMEOUT_SECONDS: seconds(0, 3_600)
    .prefault('30')
    .describe('How long exchanges in flight may take to end at shutdown'),
  ACCESS_LOG: oneOf(['off', 'errors', 'all']).prefault('errors').describe('Requests to log: off, errors (5xx), all'),
  ACCESS_LOG_SAMPLE: decimal(0, 1)
    .prefault('1')
    .describe('Part of the requests that ACCESS_LOG=all logs; errors (5xx) are always logged'),
  ...logVariables,
  SWAGGER: flag().prefault('true').describe('Whether /docs and /docs-json are served'),
});

/** The validated configuration. */
export type BalancerConfig = z.output<typeof balancerSchema>;
