// The dashboard's environment: the only place of this app that reads process.env.
import {
  ConfigurationError,
  balancerAuthorityProblems,
  balancerAuthorityVariables,
  certificateFilesOf,
  certificateProblems,
  certificateVariables,
  hostNames,
  httpUrl,
  logVariables,
  parseEnvironment,
  port,
  seconds,
  wholeNumber,
} from '@fairlead/configuration';
import { registerAs, type ConfigType } from '@nestjs/config';
import { z } from 'zod';

/** The environment variables of the dashboard. */
export const dashboardEnvironment = z.object({
  DASHBOARD_PORT: port().prefault('9494').describe('Port of the dashboard; 0 picks a free one'),
  DASHBOARD_HOST: z
    .string()
    .prefault('127.0.0.1')
    .describe('Address on which the dashboard listens; it has no login, and by default only this machine reaches it'),
  DASHBOARD_NAMES: hostNames()
    .prefault('none')
    .describe('Host names of the dashboard besides localhost and IP addresses; requests for other names get 421'),
  DASHBOARD_MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .prefault('256')
    .describe(
      'Most concurrent connections to the dashboard, others are closed; at most an eighth of the allowed file descriptors',
    ),
  ...certificateVariables(
    'DASHBOARD_TLS',
    'Certificate of the dashboard with its intermediates, as a PEM file; the port then speaks only https; read again when it changes',
  ),
  BALANCER_URL: httpUrl()
    .prefault('http://127.0.0.1:9797')
    .describe("The balancer's control plane, from which it reads the metrics"),
  ...balancerAuthorityVariables,
  CONTROL_PLANE_TOKEN: z
    .string()
    .optional()
    .describe('Bearer token for the control plane, with the role read, if the balancer requires one'),
  CONTROL_PLANE_TOKEN_FILE: z
    .string()
    .optional()
    .describe('A file with the same, or several of them, one a line; read again when it changes'),
  PUBLIC_BALANCER_URL: httpUrl()
    .optional()
    .describe('URL of the control plane as shown on the page; defaults to BALANCER_URL'),
  REFRESH_INTERVAL_SECONDS: seconds(0.05, 60)
    .prefault('1')
    .describe('How often it reads the metrics and updates open pages'),
  ...logVariables,
});

/** Returns the validated settings, or throws a `ConfigurationError` that names every invalid variable. */
export const dashboardConfig = registerAs('dashboard', () => {
  const environment = parseEnvironment(dashboardEnvironment, process.env);
  const problems = contradictions(environment);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    port: environment.DASHBOARD_PORT,
    host: environment.DASHBOARD_HOST,
    names: environment.DASHBOARD_NAMES,
    maxConnections: environment.DASHBOARD_MAX_CONNECTIONS,
    certificate: certificateFilesOf('DASHBOARD_TLS', environment),
    balancerUrl: environment.BALANCER_URL,
    caFile: environment.BALANCER_CA_FILE,
    token: environment.CONTROL_PLANE_TOKEN,
    tokenFile: environment.CONTROL_PLANE_TOKEN_FILE,
    publicBalancerUrl: environment.PUBLIC_BALANCER_URL ?? environment.BALANCER_URL,
    refreshIntervalMs: environment.REFRESH_INTERVAL_SECONDS * 1000,
    log: { LOG_LEVEL: environment.LOG_LEVEL, LOG_FORMAT: environment.LOG_FORMAT },
  };
});

type Environment = z.output<typeof dashboardEnvironment>;

/** A sentence for each contradiction among the variables. */
function contradictions(environment: Environment): string[] {
  const { CONTROL_PLANE_TOKEN: token, CONTROL_PLANE_TOKEN_FILE: tokenFile } = environment;
  const hasBoth = token !== undefined && tokenFile !== undefined;
  return [
    ...(hasBoth ? ['CONTROL_PLANE_TOKEN and CONTROL_PLANE_TOKEN_FILE must not both be set'] : []),
    ...balancerAuthorityProblems(environment),
    ...certificateProblems('DASHBOARD_TLS', environment),
  ];
}

/** The settings that {@link dashboardConfig} returns. */
export type DashboardConfig = ConfigType<typeof dashboardConfig>;
