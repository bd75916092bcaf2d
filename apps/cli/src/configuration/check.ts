// `fairlead check`: whether a configuration file is valid, and what in it is probably a mistake.
import type { Environment } from '@fairlead/configuration';
import { problemText, trafficWarnings } from '@fairlead/traffic-config';
import { readConfiguration } from './configuration-file.js';
import { EXIT } from '../invocation/exit-codes.js';
import { counted } from '../output/numbers.js';

/** Prints problems to stderr, or a summary and warnings to stdout. @throws {Error} when the file cannot be read. */
export function check(file: string, environment: Environment): number {
  const parsed = readConfiguration(file, environment);
  if (parsed.kind === 'invalid') {
    for (const problem of parsed.problems) process.stderr.write(`${problemText(problem)}\n`);
    return EXIT.found;
  }
  for (const warning of trafficWarnings(parsed.traffic)) process.stdout.write(`warning: ${warning}\n`);
  const { pools, routes } = parsed.traffic;
  process.stdout.write(`${file} is valid: ${counted(pools.length, 'pool')}, ${counted(routes.length, 'route')}\n`);
  return EXIT.ok;
}
