// Reads a configuration file with the defaults that the variables give.
import { dirname, resolve } from 'node:path';
import { parseEnvironment, readSmallFile, type Environment } from '@fairlead/configuration';
import {
  parseTraffic,
  trafficDefaults,
  trafficVariables,
  type InvalidTraffic,
  type ValidTraffic,
} from '@fairlead/traffic-config';

/** Where the secrets of a file come from. */
export interface Secrets {
  readonly environment: Environment;
  /** @throws {Error} when a file cannot be read. */
  readonly readFile: (path: string) => string;
}

/** Reads and parses a file. @throws {Error} with a sentence when it cannot be read, or a variable is not valid. */
export function readConfiguration(
  file: string,
  environment: Environment,
  secretsOf: (secrets: Secrets) => Secrets = (secrets) => secrets,
): ValidTraffic | InvalidTraffic {
  const variables = parseEnvironment(trafficVariables, environment);
  const folder = dirname(resolve(file));
  const secrets = secretsOf({ environment, readFile: (path) => readText(resolve(folder, path)) });
  return parseTraffic(readText(file), {
    file,
    defaults: trafficDefaults(variables, maxBodyBytesOf(environment.TRAFFIC_LIMITS)),
    resourceNames: variables.RESOURCES.names,
    ...secrets,
  });
}

/** `maxBodyBytes` of a variable that only the balancer checks as a whole; Infinity: no limit. */
function maxBodyBytesOf(limits = '{}'): number {
  try {
    const { maxBodyBytes } = JSON.parse(limits) as { readonly maxBodyBytes?: unknown };
    return typeof maxBodyBytes === 'number' && maxBodyBytes > 0 ? maxBodyBytes : Infinity;
  } catch {
    return Infinity;
  }
}

function readText(path: string): string {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
