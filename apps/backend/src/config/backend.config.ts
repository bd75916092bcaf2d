// The backend's environment: the only place of this app that reads process.env.
import {
  ConfigurationError,
  decimal,
  httpUrl,
  logVariables,
  parseEnvironment,
  port,
  seconds,
  wholeNumber,
} from '@fairlead/configuration';
import { backendIdSchema } from '@fairlead/contracts';
import { registerAs, type ConfigType } from '@nestjs/config';
import { z } from 'zod';

const capacity = () => decimal(0.01, 1_000_000);

/** The environment variables of the backend. */
export const backendEnvironment = z.object({
  BACKEND_PORT: port().prefault('5453').describe('Port of the backend; 0 picks a free one.'),
  BACKEND_HOST: z.string().prefault('0.0.0.0').describe('Address the backend listens on.'),
  BACKEND_ID: backendIdSchema.optional().describe('Its name in the fleet; its url when not set.'),
  BACKEND_URL: httpUrl()
    .optional()
    .describe('Where the balancer reaches it; when not set, its port at the address it registers from.'),
  BALANCER_URL: httpUrl()
    .prefault('http://127.0.0.1:9797')
    .describe("The balancer's control plane, where the backend registers."),
  CONTROL_PLANE_TOKEN: z.string().optional().describe('The bearer token that the balancer asks for, if it does.'),
  COMPUTE_CAPACITY: capacity().prefault('20').describe('Compute it can do, units per second.'),
  STORAGE_CAPACITY: capacity()
    .optional()
    .describe('Storage work it can do, units per second; a random whole number from 1 to 40 when not set.'),
  LEASE_SECONDS: wholeNumber(0, 86_400)
    .prefault('30')
    .describe('How long its registration lasts without a renewal; 0: as long as it answers pings.'),
  LEASE_RENEW_SECONDS: seconds(0.1, 86_400)
    .optional()
    .describe('How often it renews, less than LEASE_SECONDS; when not set, as often as the balancer says.'),
  WORK_SCALE: decimal(0, 1000)
    .prefault('0.02')
    .describe('What the duration of the emulated work is multiplied by; 0 turns the work off.'),
  ...logVariables,
});

/** Drawn once per process, so that every reader of the configuration gets the same capacity. */
const randomStorageCapacity = 1 + Math.floor(Math.random() * 40);

/** Returns the validated settings, or throws a `ConfigurationError` that names every invalid variable. */
export const backendConfig = registerAs('backend', () => {
  const environment = parseEnvironment(backendEnvironment, process.env);
  const { LEASE_SECONDS: lease, LEASE_RENEW_SECONDS: renew } = environment;
  if (renew !== undefined && renew >= lease) {
    throw new ConfigurationError([`LEASE_RENEW_SECONDS must be less than LEASE_SECONDS (${lease}), got ${renew}`]);
  }
  return {
    port: environment.BACKEND_PORT,
    host: environment.BACKEND_HOST,
    id: environment.BACKEND_ID,
    url: environment.BACKEND_URL?.href.replace(/\/$/, ''),
    balancerUrl: environment.BALANCER_URL,
    token: environment.CONTROL_PLANE_TOKEN,
    capacity: {
      compute: environment.COMPUTE_CAPACITY,
      storage: environment.STORAGE_CAPACITY ?? randomStorageCapacity,
    },
    leaseSeconds: lease === 0 ? undefined : lease,
    renewEverySeconds: renew,
    workScale: environment.WORK_SCALE,
    log: { LOG_LEVEL: environment.LOG_LEVEL, LOG_FORMAT: environment.LOG_FORMAT },
  };
});

/** The settings that {@link backendConfig} returns. */
export type BackendConfig = ConfigType<typeof backendConfig>;
