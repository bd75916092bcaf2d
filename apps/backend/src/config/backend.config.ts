// The backend's environment: the only place of this app that reads process.env.
import {
  ConfigurationError,
  balancerAuthorityProblems,
  balancerAuthorityVariables,
  certificateFilesOf,
  certificateProblems,
  certificateVariables,
  decimal,
  httpUrlList,
  logVariables,
  oneOf,
  parseEnvironment,
  port,
  seconds,
  wholeNumber,
} from '@fairlead/configuration';
import { backendIdSchema, registrationSchema } from '@fairlead/contracts';
import { registerAs, type ConfigType } from '@nestjs/config';
import { z } from 'zod';

const capacity = () => decimal(0.01, 1_000_000);

/** The environment variables of the backend. */
export const backendEnvironment = z.object({
  BACKEND_PORT: port().prefault('5453').describe('Port of the backend; 0 picks a free one'),
  BACKEND_HOST: z.string().prefault('0.0.0.0').describe('Address on which the backend listens'),
  BACKEND_ID: backendIdSchema.optional().describe('Its id in the fleet; defaults to its URL'),
  BACKEND_URL: registrationSchema.shape.url.describe(
    'URL at which the balancer reaches it; defaults to its port at the address it registers from',
  ),
  ...certificateVariables(
    'TLS',
    'Certificate with its intermediates, as a PEM file, with which the backend serves https; needs an https BACKEND_URL',
  ),
  BALANCER_URL: httpUrlList()
    .prefault('http://127.0.0.1:9797')
    .describe(
      'Control plane of the balancer with which it registers; several, separated by commas: of one fleet, of which one at a time is used',
    ),
  ...balancerAuthorityVariables,
  CONTROL_PLANE_TOKEN: z
    .string()
    .optional()
    .describe('Bearer token for the control plane, if the balancer requires one'),
  CONTROL_PLANE_TOKEN_FILE: z
    .string()
    .optional()
    .describe('A file with the same, or several of them, one a line; read again when it changes'),
  COMPUTE_CAPACITY: capacity().prefault('1000').describe('Compute capacity, units per second'),
  STORAGE_CAPACITY: capacity()
    .optional()
    .describe('Storage capacity, units per second; defaults to a random multiple of 50 from 50 to 2000'),
  DECLARES: oneOf(['capacity', 'nothing'])
    .prefault('capacity')
    .describe('What it says of its resources when it registers: capacity (both of the above), nothing'),
  LEASE_SECONDS: wholeNumber(0, 86_400).prefault('30').describe('Length of its lease; 0: no lease, only pings decide'),
  LEASE_RENEW_SECONDS: seconds(0.1, 86_400)
    .optional()
    .describe('How often it renews the lease, less than LEASE_SECONDS; defaults to what the balancer says'),
  WORK_SCALE: decimal(0, 1000)
    .prefault('1')
    .describe(
      'Factor on the duration of the emulated work; other than 1, the capacities are not true; 0 turns the work off',
    ),
  ...logVariables,
});

/** Drawn once per process, so that every reader of the configuration gets the same capacity. */
const randomStorageCapacity = 50 * (1 + Math.floor(Math.random() * 40));

/** Returns the validated settings, or throws a `ConfigurationError` that names every invalid variable. */
export const backendConfig = registerAs('backend', () => {
  const environment = parseEnvironment(backendEnvironment, process.env);
  if (environment.CONTROL_PLANE_TOKEN !== undefined && environment.CONTROL_PLANE_TOKEN_FILE !== undefined) {
    throw new ConfigurationError(['CONTROL_PLANE_TOKEN and CONTROL_PLANE_TOKEN_FILE must not both be set']);
  }
  const problems = [...balancerAuthorityProblems(environment), ...tlsProblems(environment)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { LEASE_SECONDS: lease, LEASE_RENEW_SECONDS: renew } = environment;
  if (renew !== undefined && renew >= lease) {
    throw new ConfigurationError([`LEASE_RENEW_SECONDS must be less than LEASE_SECONDS (${lease}), got ${renew}`]);
  }
  return {
    port: environment.BACKEND_PORT,
    host: environment.BACKEND_HOST,
    id: environment.BACKEND_ID,
    url: environment.BACKEND_URL,
    tls: certificateFilesOf('TLS', environment),
    balancerUrls: environment.BALANCER_URL,
    caFile: environment.BALANCER_CA_FILE,
    token: environment.CONTROL_PLANE_TOKEN,
    tokenFile: environment.CONTROL_PLANE_TOKEN_FILE,
    capacity: {
      compute: environment.COMPUTE_CAPACITY,
      storage: environment.STORAGE_CAPACITY ?? randomStorageCapacity,
    },
    declares: environment.DECLARES,
    leaseSeconds: lease === 0 ? undefined : lease,
    renewEverySeconds: renew,
    workScale: environment.WORK_SCALE,
    log: { LOG_LEVEL: environment.LOG_LEVEL, LOG_FORMAT: environment.LOG_FORMAT },
  };
});

type BackendEnvironment = z.output<typeof backendEnvironment>;

function tlsProblems(environment: BackendEnvironment): string[] {
  const { TLS_CERTIFICATE_FILE: certificate, BACKEND_URL: url } = environment;
  const isPlainUrl = certificate !== undefined && url?.startsWith('https:') !== true;
  const given = url === undefined ? 'it is not set' : `got ${JSON.stringify(url)}`;
  return [
    ...certificateProblems('TLS', environment),
    ...(isPlainUrl ? [`BACKEND_URL must be an https URL when TLS_CERTIFICATE_FILE is set, ${given}`] : []),
  ];
}

/** The settings that {@link backendConfig} returns. */
export type BackendConfig = ConfigType<typeof backendConfig>;
