// The balancer's configuration, from the environment.
import { hostname } from 'node:os';
import { ConfigurationError, parseEnvironment, unknownVariables, type Environment } from '@fairlead/configuration';
import { registerAs } from '@nestjs/config';
import { balancerSchema, type BalancerConfig } from './balancer-schema.js';
import { replacedVariables } from './client-identity.js';
import { processEnvironment } from './process-environment.js';
import { contradictionsIn } from './contradictions.js';

export { balancerSchema, type BalancerConfig } from './balancer-schema.js';

/**
 * Validates the environment.
 *
 * @throws {ConfigurationError} with a sentence for each invalid variable, and for variables that contradict each other.
 */
export function loadBalancerConfig(environment: Environment): BalancerConfig {
  const config = parseEnvironment(balancerSchema, environment);
  const problems = [...replacedVariables(environment), ...contradictionsIn(config)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

/** A sentence for each variable of this process that is probably a misspelt one of the balancer. */
export function misspeltVariables(): readonly string[] {
  return unknownVariables(processEnvironment(), Object.keys(balancerSchema.shape));
}

/** The path of the registry file; undefined where the registry is kept in memory only. */
export function registryFileOf(config: BalancerConfig): string | undefined {
  const { REGISTRY_FILE: file, CONTROL_PLANE_PORT: port } = config;
  // A port that changes at every start would leave a new file each time.
  if (file === 'none' || (port === 0 && file.includes('{port}'))) return undefined;
  return file.replaceAll('{port}', String(port));
}

/** The id of this balancer, with which it marks what it stores. */
export function balancerIdOf({ BALANCER_ID, CONTROL_PLANE_PORT }: BalancerConfig): string {
  return BALANCER_ID ?? `${hostname()}:${CONTROL_PLANE_PORT}`;
}

/** Injection key and loader for Nest's ConfigModule. */
export const balancerConfig = registerAs('balancer', () => loadBalancerConfig(processEnvironment()));
