// The command `spam`.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { balancerFlagsOf } from '../invocation/balancer-flags.js';
import type { CommandContext } from '../invocation/command-context.js';
import { wholeNumber } from '../invocation/whole-number.js';
import { METHODS, type Method } from './methods.js';

/** The flags of the command. */
interface SpamFlags {
  readonly target: URL;
  readonly method: Method;
  readonly connections: number;
  readonly duration: number;
  readonly rate?: number;
}

/** Declares it. */
export function addSpamCommand(fairlead: Command, { environment, exitWith }: CommandContext): void {
  fairlead
    .command('spam')
    .summary('send load to a balancer, and see which backend serves how much')
    .description(
      'Send load to a balancer, and print what became of every request. Exit code 1 if one failed or got 4xx or 5xx.',
    )
    .option('--target <url>', 'where the requests go', httpUrl, new URL('http://localhost:5252/'))
    .addOption(new Option('--method <method>', 'their method').choices(METHODS).default('GET').argParser(method))
    .option('--connections <number>', 'kept-alive connections', wholeNumber(1, 10_000), 20)
    .option('--duration <seconds>', 'how long', wholeNumber(1, 86_400), 10)
    .option(
      '--rate <number>',
      'requests per second in total, at random moments; default: no limit',
      wholeNumber(1, 1e6),
    )
    .action(async ({ duration, rate, ...options }: SpamFlags, command: Command) => {
      const { spam } = await import('./spam.js');
      const load = { ...options, durationSeconds: duration, rate };
      exitWith(await spam(load, balancerFlagsOf(command), environment));
    });
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('It must be an http or https URL such as http://localhost:5252/.');
}

function method(text: string): Method {
  const found = METHODS.find((name) => name === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be one of ${METHODS.join(', ')}.`);
}
