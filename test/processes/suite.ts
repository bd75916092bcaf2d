// How the suites that run without vitest begin.
import { existsSync } from 'node:fs';
import { endAll } from './own-process.ts';

/** What a suite makes of its arguments. */
type Parsed<Options> = Options | 'help' | { readonly problem: string };

/**
 * Prints `help`, or what is wrong, and returns the exit code; otherwise returns the options. From then on a signal ends the
 * processes of the suite. `built`: a file of the build.
 */
export function beginSuite<Options extends object>(
  parsed: Parsed<Options>,
  help: string,
  built: string,
): Options | number {
  if (parsed === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const unbuilt = existsSync(built) ? undefined : 'Fairlead is not built: run npm run build first';
  if ('problem' in parsed || unbuilt !== undefined) {
    process.stderr.write(`${'problem' in parsed ? parsed.problem : unbuilt}\n`);
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void endAll().finally(() => process.exit(130)));
  }
  return parsed;
}
