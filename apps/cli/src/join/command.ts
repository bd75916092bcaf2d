// The command `join`: its arguments and flags.
import { type Command, InvalidArgumentError } from 'commander';
import { collectAmount } from '../invocation/amounts.js';
import { balancerFlagsOf } from '../invocation/balancer-flags.js';
import type { CommandContext } from '../invocation/command-context.js';
import { seconds } from '../invocation/seconds.js';
import { wholeNumber } from '../invocation/whole-number.js';
import type { JoinFlags } from './join-flags.js';

const EXAMPLES = `
Examples:
  fairlead join -- python3 server.py
  fairlead join --port 8080 --compute 20 --storage 36 --path /health -- python3 server.py
  fairlead join --port 8080                accompanies a process that runs already
  fairlead join --measure                  proposes numbers for this machine

The exit code is that of the command; 124 if nothing answers on the port in time, 125 if the balancer refuses or the port
is taken, 126 if the command cannot be executed, 127 if there is none, 128 and the number of the signal that ended it.`;

/** Declares it. */
export function addJoinCommand(fairlead: Command, { environment, exitWith }: CommandContext): void {
  const join = fairlead.command('join');
  join
    .configureOutput({ outputError: (message, write) => write(message + hintFor(message, join.args)) })
    .summary('put a process of any language into the fleet')
    .description(
      'Start a command, register it as a backend once its port answers, and keep it registered until it ends. At SIGTERM ' +
        'and SIGINT the backend leaves the fleet first, and gets the signal when no request is in flight any more. ' +
        'Without a command, accompany a process that runs already.',
    )
    .argument('[command...]', 'the command and its arguments, after --')
    .option(
      '-p, --port <port>',
      'the port that the process listens on; default, on Linux: the one that the command opens',
      wholeNumber(1, 65_535),
    )
    .option('--host <host>', 'where it listens; default: localhost, or the address of the port that was found')
    .option('--path <path>', 'a path that responds with 2xx when it is well; without one, an open port is enough')
    .option(
      '--compute <units>',
      'capacity of compute per second; 10 for each core is a first guess',
      collectAmount('compute'),
    )
    .option(
      '--storage <units>',
      'capacity of storage per second; the MB/s of the disk are a first guess',
      collectAmount('storage'),
    )
    .option('--resource <name=units>', 'capacity of any resource; may be repeated', collectAmount())
    .option('--measure', 'measure this machine for the numbers that are not given; default: they are not declared')
    .option('--measure-in <folder>', 'the same, with the disk of a folder; default: the working directory')
    .option('--id <id>', 'the name in the fleet; default: the URL')
    .option('--pool <name>', 'the pool whose requests it serves; default: default')
    .option('--label <name=text>', 'a label; may be repeated', collectLabel)
    .option('--max-in-flight <number>', 'most concurrent requests; default: by capacity', wholeNumber(1, 1_000_000))
    .option('--lease <seconds>', 'how long the balancer waits for a sign of life', seconds, 30)
    .option('--backend-url <url>', 'where the balancer reaches it; default: the port at the address of this machine')
    .option('--balancer <url>', 'in place of --url; may be repeated for a balancer with several addresses', collect)
    .option('--start-timeout <seconds>', 'how long it may take to answer; default: 60 with a command', seconds)
    .option('--drain-timeout <seconds>', 'how long requests in flight may take when it leaves', seconds, 30)
    .option('--stop-timeout <seconds>', 'how long the command may take to end before it is killed', seconds, 30)
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], flags: JoinFlags, command: Command) => {
      const { join } = await import('./join.js');
      exitWith(await join(words, flags, balancerFlagsOf(command), environment));
    });
}

/** What to say after the error for a command without `--`, whose options are read as those of `join`. */
function hintFor(message: string, [first]: readonly string[]): string {
  if (!message.includes('unknown option') || first === undefined || first.startsWith('-')) return '';
  return `(options of the command come after --, as in: fairlead join -- ${first} …)\n`;
}

function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

function collectLabel(text: string, previous: JoinFlags['label'] = {}): JoinFlags['label'] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must have the form name=text, such as zone=a.');
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}
