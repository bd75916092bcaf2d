// The outermost function of a process: it starts the application, or reports why it cannot and exits.
import { ConfigurationError } from './environment.js';

/**
 * Runs `start`. If it fails, writes the reason to stderr and exits with code 1: a `ConfigurationError` as one line for
 * each invalid variable, any other error as `<name> could not start: <message>`, without a stack trace.
 */
export async function startOrExit(name: string, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${reasonOf(name, error)}\n`);
    process.exit(1);
  }
}

function reasonOf(name: string, error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  return `${name} could not start: ${error instanceof Error ? error.message : String(error)}`;
}
