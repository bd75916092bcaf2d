// The options of the balancer's command line. Each stands for a variable, and takes precedence over it.
import { parseArgs } from 'node:util';
import { ConfigurationError } from '@fairlead/configuration';

/** The variables that a command line sets. @throws {ConfigurationError} for an unknown option. */
export function variablesOf(args: readonly string[]): Readonly<Record<string, string>> {
  try {
    const { config } = parseArgs({ args: [...args], options: { config: { type: 'string' } } }).values;
    return config === undefined ? {} : { FAIRLEAD_CONFIG: config };
  } catch (error) {
    const problem = (error as Error).message.split('.', 1)[0];
    throw new ConfigurationError([`the only option is --config FILE: ${problem}`]);
  }
}
