// What the supervisor and `npm run reload` go by: the balancer's own configuration, and two variables more.
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

const DIST = fileURLToPath(new URL('../../dist/apps/balancer/src/', import.meta.url));

/** What is run. */
export const BALANCER = join(DIST, 'main.js');

/** Something that whoever started the script has to put right. */
export class SupervisionError extends Error {
  override readonly name = 'SupervisionError';
}

/** The variables of the balancer's configuration that matter here. */
export interface BalancerSettings {
  readonly DATA_PLANE_HOST: string;
  readonly DATA_PLANE_PORT: number;
  readonly CONTROL_PLANE_HOST: string;
  readonly CONTROL_PLANE_PORT: number;
  readonly SHUTDOWN_TIMEOUT_SECONDS: number;
  /** How many sockets of the data plane there are: one for each of its threads. */
  readonly DATA_PLANE_THREADS?: number;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a balancer that is started now. The variables in SUPERVISOR_ENV_FILE (lines NAME=value) win over
 * those the supervisor was started with, since they alone can be changed while it runs.
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
 * The balancer's configuration, by the rules of the balancer itself.
 *
 * @throws {SupervisionError} when there is no build, or a variable is at fault.
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

/** @throws {SupervisionError} when there is nothing to run. */
export function requireBuild(): void {
  if (!existsSync(BALANCER)) throw new SupervisionError('the balancer is not built: npm run build');
}

/** Where the supervisor of the data plane at `port` writes its process id. */
export function pidFileOf(environment: Environment, port: number): string {
  return environment.SUPERVISOR_PID_FILE || join(tmpdir(), `fairlead-${port}.pid`);
}

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
