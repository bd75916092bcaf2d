// The outermost function of a process: it starts the application, or reports why it cannot and exits.
import { ConfigurationError, type Environment } from './environment.js';

/**
 * Runs `start`. If it fails, writes the reason to stderr and exits with code 1: a `ConfigurationError` as one line for
 * each invalid variable, any other error as `<name> could not start: <message>`, without a stack trace. With
 * `LOG_FORMAT=json` in `environment`, each line is an object like those of the log.
 */
export async function startOrExit(name: string, environment: Environment, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const lineOf = environment.LOG_FORMAT === 'json' ? (reason: string) => jsonLine(name, reason) : plainLine;
    process.stderr.write(reasonsOf(name, error).map(lineOf).join(''));
    process.exit(1);
  }
}

function reasonsOf(name: string, error: unknown): readonly string[] {
  if (error instanceof ConfigurationError) return error.problems;
  return [`${name} could not start: ${error instanceof Error ? error.message : String(error)}`];
}

function plainLine(reason: string): string {
  return `${reason}\n`;
}

function jsonLine(app: string, msg: string): string {
  return `${JSON.stringify({ level: 'fatal', time: Date.now(), app, msg })}\n`;
}
