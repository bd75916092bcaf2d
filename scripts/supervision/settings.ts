// Settings of the supervisor and `npm run reload`: the balancer's configuration, and two variables of their own.
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

const DIST = fileURLToPath(new URL('../../dist/apps/balancer/src/', import.meta.url));

/** The program that the supervisor runs. */
export const BALANCER = join(DIST, 'main.js');

/** A problem that the operator has to fix, such as a wrong variable or a missing build. */
export class SupervisionError extends Error {
  override readonly name = 'SupervisionError';
}

/** The variables of the balancer's configuration that the supervisor uses. */
export interface BalancerSettings {
  readonly DATA_PLANE_HOST: string;
  readonly DATA_PLANE_PORT: number;
  readonly DATA_PLANE_TLS_PORT?: number;
  readonly CONTROL_PLANE_HOST: string;
  readonly CONTROL_PLANE_PORT: number;
  readonly SHUTDOWN_TIMEOUT_SECONDS: number;
  /** Number of threads of the data plane, each of which has its own socket. */
  readonly DATA_PLANE_THREADS?: number;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the environment for the next balancer. Variables in SUPERVISOR_ENV_FILE (lines NAME=value) override those of
 * the supervisor, because only the file can be changed while the supervisor runs.
 *
 * @throws {SupervisionError} when the file cannot be read.
 */
export function balancerEnvironment(environment: Environment): Environment {
  const file = environment.SUPERVISOR_ENV_FILE;
  if (!file) return environment;
  try {
    return { ...environment, ...parseEnv(readFileSync(file, 'utf8')) };
  } catch (error) {
    throw new SupervisionError(`SUPERVISOR_ENV_FILE must name a readable file, got "${file}": ${reasonOf(error)}`);
  }
}

/**
 * Loads the balancer's configuration with the balancer's own validation.
 *
 * @throws {SupervisionError} when there is no build, or a variable is invalid.
 */
export async function balancerSettings(environment: Environment): Promise<BalancerSettings> {
  requireBuild();
  const { loadBalancerConfig } = (await import(join(DIST, 'config/balancer.config.js'))) as {
    loadBalancerConfig: (environment: Environment) => BalancerSettings;
  };
  try {
    return loadBalancerConfig(environment);
  } catch (error) {
    throw new SupervisionError(reasonOf(error));
  }
}

/** @throws {SupervisionError} when there is no build. */
export function requireBuild(): void {
  if (!existsSync(BALANCER)) throw new SupervisionError('the balancer is not built: run npm run build');
}

/** Path of the file with the process id of the supervisor whose data plane listens on `port`. */
export function pidFileOf(environment: Environment, port: number): string {
  return environment.SUPERVISOR_PID_FILE || join(tmpdir(), `fairlead-${port}.pid`);
}

/** Returns the message of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
