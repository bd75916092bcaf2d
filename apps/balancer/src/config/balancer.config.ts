// The balancer's configuration: every variable it reads, what is allowed and what it is for. Nothing else reads
// process.env.
import { availableParallelism } from 'node:os';
import {
  ConfigurationError,
  cidrList,
  decimal,
  flag,
  jsonValue,
  logVariables,
  oneOf,
  parseEnvironment,
  port,
  seconds,
  wholeNumber,
  type Environment,
} from '@fairlead/configuration';
import { POLICY_NAMES, ResourceSpace } from '@fairlead/scheduling';
import { registerAs } from '@nestjs/config';
import { z } from 'zod';
import { demandRuleSchema } from './demand-rule.js';

const RESOURCES_FORM = 'must be 1 to 8 different names of lower-case letters, digits and "-", separated by commas';
const resourceNames = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine((names) => names.length <= 8 && names.every((name) => /^[a-z][a-z0-9-]{0,31}$/.test(name)), RESOURCES_FORM)
  .refine((names) => new Set(names).size === names.length, RESOURCES_FORM)
  .transform((names) => new ResourceSpace(names));

const MAX_THREADS = 64;
const THREADS_FORM = `must be auto or a whole number from 0 to ${MAX_THREADS}`;
/** Where the kernel deals connections out among sockets on one port: what libuv knows of SO_REUSEPORT. */
const DEALING_SYSTEMS = new Set<string>(['linux', 'freebsd', 'sunos', 'aix']);
const threadCount = z
  .string()
  .transform((text) => (text === 'auto' ? coresThatCanServe() : /^\d{1,2}$/.test(text) ? Number(text) : NaN))
  .refine((threads) => threads <= MAX_THREADS, THREADS_FORM);

function coresThatCanServe(): number {
  return DEALING_SYSTEMS.has(process.platform) ? Math.min(MAX_THREADS, availableParallelism()) : 0;
}

const AFFINITY_FORM = 'must be client, path, header:name (in lower case) or cookie:name';

/** Every variable of the balancer, in the order the README lists them. */
export const balancerSchema = z.object({
  DATA_PLANE_HOST: z.string().prefault('0.0.0.0').describe("Address that clients' traffic is accepted on"),
  DATA_PLANE_PORT: port().prefault('5252').describe("Port of clients' traffic; 0 takes a free one"),
  FAST_LANE: oneOf(['on', 'off'])
    .prefault('on')
    .describe('Whether common requests are framed by the balancer itself, at a fraction of the cost: on, off'),
  DATA_PLANE_THREADS: threadCount
    .prefault('auto')
    .describe(
      'Threads that serve clients; auto: one for each core, 0 where the system cannot share a port; 0: the main thread does',
    ),
  CONTROL_PLANE_HOST: z.string().prefault('0.0.0.0').describe('Address of registration, admin API, docs and metrics'),
  CONTROL_PLANE_PORT: port().prefault('9797').describe('Port of registration, admin API, docs and metrics'),
  CONTROL_PLANE_TOKEN: z
    .string()
    .min(16, 'must be at least 16 characters')
    .optional()
    .describe('When set, whoever changes the fleet must send it as a bearer token'),
  REGISTRY_FILE: z
    .string()
    .prefault('fairlead-registry-{port}.sqlite')
    .describe(
      'Where the fleet is kept; `{port}` stands for CONTROL_PLANE_PORT, and at port 0 for memory; none: memory',
    ),
  REGISTRATIONS_PER_MINUTE: wholeNumber(0, 1_000_000)
    .prefault('60')
    .describe('How often a backend may register, for each address and identity; 0: as often as it likes'),
  RESOURCES: resourceNames.prefault('compute,storage').describe("The fleet's resources, in order"),
  MAX_BACKENDS: wholeNumber(1, 65_536).prefault('1024').describe('The most backends the load table has room for'),
  PLACEMENT_POLICY: oneOf(POLICY_NAMES)
    .prefault('drf')
    .describe(`How a backend is chosen: ${POLICY_NAMES.join(', ')}`),
  AFFINITY_KEY: z
    .string()
    .regex(/^(client|path|header:[a-z0-9-]+|cookie:[A-Za-z0-9_-]+)$/, AFFINITY_FORM)
    .prefault('client')
    .describe('What `maglev` keeps together: client, path, header:name or cookie:name'),
  DEMAND_SOURCE: oneOf(['learned', 'unit', 'random'])
    .prefault('learned')
    .describe('Demand that no header and no rule tells: learned per class, one unit of each, or random 1..10'),
  DEMAND_CLASSES: wholeNumber(1, 100_000)
    .prefault('1000')
    .describe('Classes of requests whose demand each thread learns; beyond, the one not seen for longest is forgotten'),
  DEMAND_SEED: wholeNumber(0, 4_294_967_295).optional().describe('Seed of random demand and of random choices'),
  DEMAND_RULES: jsonValue(
    z.array(demandRuleSchema).max(1000),
    '[{"method": "GET", "path": "/reports/*rest", "demand": {"compute": 8}}]',
  )
    .prefault('[]')
    .describe('Demand by method and path, first match; `:name` stands for one segment, `*name` for the rest'),
  TRUSTED_CLIENTS: cidrList()
    .prefault('none')
    .describe('Clients whose demand headers, X-Forwarded-* and Forwarded are believed'),
  PING_ACK_INTERVAL_SECONDS: seconds(0.1, 86_400).prefault('100').describe('How often every backend is pinged'),
  PING_ACK_JITTER: decimal(0, 0.5)
    .prefault('0.1')
    .describe('Part of the interval by which a sweep comes early or late'),
  PING_TIMEOUT_SECONDS: seconds(0.05, 60).prefault('1').describe('How long a backend has to answer a ping'),
  PING_RISE: wholeNumber(1, 100).prefault('2').describe('Answered pings in a row that bring back one that was down'),
  PING_FALL: wholeNumber(1, 100)
    .prefault('3')
    .describe('Failed pings in a row that take a backend down; the first one takes it out of traffic'),
  RECHECK_MIN_SECONDS: seconds(0.01, 60).prefault('0.1').describe('First wait before a backend not up is pinged again'),
  RECHECK_MAX_SECONDS: seconds(0.01, 3_600).prefault('1').describe('Longest such wait; it doubles up to here'),
  PANIC_THRESHOLD: decimal(0, 1)
    .prefault('0.5')
    .describe('Part of the fleet that must be up; with fewer, whoever responds serves too. 0 turns it off'),
  SLOW_START_SECONDS: seconds(0, 3_600)
    .prefault('10')
    .describe('How long a backend takes from a tenth of its capacity to all of it once it is up; 0 turns it off'),
  SELF_PRESERVATION_RATIO: decimal(0, 1)
    .prefault('0.5')
    .describe('When more of the fleet fails one sweep, or lets its lease lapse, nobody is taken out; 1 turns it off'),
  OUTLIER_CONSECUTIVE_5XX: wholeNumber(0, 10_000)
    .prefault('5')
    .describe('5xx answers in a row that eject a backend; 0 turns it off'),
  OUTLIER_CONSECUTIVE_GATEWAY_ERRORS: wholeNumber(0, 10_000)
    .prefault('5')
    .describe('Failed exchanges and answers 502, 503, 504 in a row that eject a backend; 0 turns it off'),
  OUTLIER_INTERVAL_SECONDS: seconds(0.1, 3_600).prefault('10').describe('Window of the next three'),
  OUTLIER_FAILURE_RATIO: decimal(0, 1)
    .prefault('0.5')
    .describe('Part of the exchanges of a window whose failure ejects a backend; 0 turns it off'),
  OUTLIER_LATENCY_FACTOR: decimal(0, 10_000)
    .prefault('10')
    .describe('Times the usual latency of the same kind of request that ejects a backend; 0 turns it off'),
  OUTLIER_MIN_REQUESTS: wholeNumber(1, 1_000_000).prefault('20').describe('A window with fewer exchanges says nothing'),
  EJECTION_SECONDS: seconds(0.1, 86_400)
    .prefault('30')
    .describe('How long the first ejection lasts; the nth lasts n times that'),
  EJECTION_MAX_SECONDS: seconds(0.1, 86_400).prefault('300').describe('The longest ejection'),
  MAX_EJECTED_RATIO: decimal(0, 1)
    .prefault('0.3')
    .describe('The most of the fleet that is ejected at a time, though always one, and never the last that is up'),
  MAX_IN_FLIGHT_PER_BACKEND: wholeNumber(1, 1_000_000)
    .prefault('1024')
    .describe(
      'Exchanges at a time on a backend of mean capacity; others get more or fewer as they are larger or smaller',
    ),
  MAX_QUEUED_REQUESTS: wholeNumber(0, 1_000_000)
    .prefault('1024')
    .describe('Requests that may wait for room when all backends are full'),
  QUEUE_TIMEOUT_SECONDS: seconds(0.01, 3_600).prefault('1').describe('How long one of these waits before it gets 503'),
  SLOW_EXCHANGE_SECONDS: seconds(0.05, 3_600)
    .prefault('1')
    .describe('A backend that lets an exchange wait longer for the beginning of its answer is pinged'),
  DRAIN_TIMEOUT_SECONDS: seconds(0, 86_400)
    .prefault('300')
    .describe('How long a drained backend may finish what is in flight before that is cut'),
  CONNECT_TIMEOUT_SECONDS: seconds(0.01, 60).prefault('1').describe('How long a connection to a backend may take'),
  ATTEMPT_TIMEOUT_SECONDS: seconds(0.05, 3_600)
    .prefault('10')
    .describe('How long one backend has to begin its answer before an idempotent request tries another'),
  REQUEST_TIMEOUT_SECONDS: seconds(0.05, 3_600)
    .prefault('30')
    .describe('How long a request may wait for its answer to begin, all attempts together'),
  STREAM_IDLE_TIMEOUT_SECONDS: seconds(0.05, 86_400)
    .prefault('60')
    .describe('How long a body may stand still before the exchange is cut; upgraded connections are left alone'),
  CLIENT_HEADER_TIMEOUT_SECONDS: seconds(0.1, 3_600)
    .prefault('15')
    .describe('How long a client has to send the head of a request'),
  CLIENT_KEEP_ALIVE_SECONDS: seconds(0.1, 3_600).prefault('75').describe('How long an idle client connection is kept'),
  MAX_CLIENT_CONNECTIONS: z
    .union(
      [z.literal('auto').transform(() => undefined), wholeNumber(1, 10_000_000)],
      'must be auto or a whole number from 1 to 10000000',
    )
    .prefault('auto')
    .describe(
      'Clients that are connected at a time, more are closed; auto: two thirds of the file descriptors allowed',
    ),
  MAX_ATTEMPTS: wholeNumber(1, 10).prefault('3').describe('Attempts for one request, the first included'),
  RETRY_BUDGET: decimal(0, 1).prefault('0.2').describe('Part of the requests of the last 10 s that may be retried'),
  RETRY_BUDGET_MIN_PER_SECOND: decimal(0, 10_000).prefault('3').describe('Retries per second allowed in any case'),
  RETRY_BUFFER_BYTES: wholeNumber(0, 16_777_216)
    .prefault('65536')
    .describe('Request body kept for a retry; a longer one is sent once'),
  MAX_HEADER_BYTES: wholeNumber(1_024, 1_048_576).prefault('16384').describe('Largest head of a request'),
  SHUTDOWN_DELAY_SECONDS: seconds(0, 3_600)
    .prefault('0')
    .describe('How long the balancer goes on accepting after a signal, with its readiness failing already'),
  SHUTDOWN_IDLE_SECONDS: seconds(0, 3_600)
    .prefault('1')
    .describe('How long idle connections are kept at shutdown, for a request that is on its way'),
  SHUTDOWN_TIMEOUT_SECONDS: seconds(0, 3_600)
    .prefault('30')
    .describe('How long exchanges in flight may take to finish at shutdown'),
  ACCESS_LOG: oneOf(['off', 'errors', 'all']).prefault('errors').describe('Requests that are logged: off, errors, all'),
  ACCESS_LOG_SAMPLE: decimal(0, 1)
    .prefault('1')
    .describe('Part of the requests that is logged with ACCESS_LOG=all; those that failed (5xx) always are'),
  ...logVariables,
  SWAGGER: flag().prefault('true').describe('Whether /docs and /docs-json are served'),
});

/** The validated configuration. */
export type BalancerConfig = z.output<typeof balancerSchema>;

/**
 * Validates the environment.
 *
 * @throws {ConfigurationError} a sentence for each variable at fault, and for variables that contradict each other.
 */
export function loadBalancerConfig(environment: Environment): BalancerConfig {
  const config = parseEnvironment(balancerSchema, environment);
  const problems = contradictions(config);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

/** Variables that are held against each other. */
type Duration = Extract<keyof BalancerConfig, `${string}_SECONDS`>;

function contradictions(config: BalancerConfig): string[] {
  const problems: string[] = [];
  const ordered = (smaller: Duration, larger: Duration) => {
    if (config[smaller] <= config[larger]) return;
    problems.push(`${smaller} must be at most ${larger} (${config[larger]}), got ${JSON.stringify(config[smaller])}`);
  };
  ordered('CONNECT_TIMEOUT_SECONDS', 'ATTEMPT_TIMEOUT_SECONDS');
  ordered('ATTEMPT_TIMEOUT_SECONDS', 'REQUEST_TIMEOUT_SECONDS');
  ordered('RECHECK_MIN_SECONDS', 'RECHECK_MAX_SECONDS');
  ordered('EJECTION_SECONDS', 'EJECTION_MAX_SECONDS');
  if (config.DATA_PLANE_PORT !== 0 && config.DATA_PLANE_PORT === config.CONTROL_PLANE_PORT) {
    problems.push(`DATA_PLANE_PORT must differ from CONTROL_PLANE_PORT, both are ${config.DATA_PLANE_PORT}`);
  }
  for (const [index, rule] of config.DEMAND_RULES.entries()) {
    const unknown = config.RESOURCES.unknownNames(rule.demand);
    if (unknown.length === 0) continue;
    problems.push(
      `DEMAND_RULES must name resources of RESOURCES (${config.RESOURCES.names.join(', ')}), ` +
        `rule ${index} names ${unknown.join(', ')}`,
    );
  }
  return problems;
}

/** The path of the registry file; undefined where the registry is kept in memory only. */
export function registryFileOf(config: BalancerConfig): string | undefined {
  const { REGISTRY_FILE: file, CONTROL_PLANE_PORT: port } = config;
  // A port that changes at every start would leave a file behind at each, and find none of them again.
  if (file === 'none' || (port === 0 && file.includes('{port}'))) return undefined;
  return file.replaceAll('{port}', String(port));
}

/** Injection key and loader for Nest's ConfigModule. */
export const balancerConfig = registerAs('balancer', () => loadBalancerConfig(process.env));
