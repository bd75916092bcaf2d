// The commands that read and change the fleet of a running balancer.
import type { Command } from 'commander';
import { balancerFlagsOf } from '../invocation/balancer-flags.js';
import type { CommandContext } from '../invocation/command-context.js';
import { collectAmount } from '../invocation/amounts.js';
import { seconds } from '../invocation/seconds.js';
import { wholeNumber } from '../invocation/whole-number.js';

const JSON_FLAG = ['--json', 'print what the API responds, for programs'] as const;
const ID = ['<id>', 'the id of the backend, as `fairlead backends` shows it'] as const;
const WAIT_FLAG = ['--wait', 'return when no request is in flight there any more'] as const;
const TIMEOUT_FLAG = '--timeout <seconds>';

/** Declares them. */
export function addFleetCommands(fairlead: Command, context: CommandContext): void {
  fairlead.commandsGroup('See what it does:');
  addReaders(fairlead, context);
  fairlead.commandsGroup('Change the fleet:');
  addChanges(fairlead, context);
}

function addReaders(fairlead: Command, { environment, exitWith, version }: CommandContext): void {
  fairlead
    .command('status')
    .summary('whether the balancer is well, and its fleet')
    .description('Show whether the balancer is well, and its fleet: exit code 0 if it is, 1 if it is not.')
    .option(...JSON_FLAG)
    .action(async (options: { readonly json?: true }, command: Command) => {
      const { status } = await import('./status.js');
      exitWith(await status(balancerFlagsOf(command), environment, options));
    });
  fairlead
    .command('backends')
    .summary('the backends, with their state and load')
    .description('List the backends, with their state and load. A narrow terminal shows fewer columns.')
    .option('--pool <name>', 'only those of a pool')
    .option('--state <state>', 'only those in a state, such as up')
    .option(...JSON_FLAG)
    .action(async (options: { pool?: string; state?: string; json?: true }, command: Command) => {
      const { backends } = await import('./backends.js');
      exitWith(await backends(balancerFlagsOf(command), environment, options));
    });
  fairlead
    .command('explain')
    .summary('where a request would go, and why')
    .description('Show where a request would go now, and why. Nothing is sent to a backend.')
    .argument('[path]', 'path and query of the request, such as /reports/7: its route and its demand are found out')
    .option('--method <method>', 'its method; default: GET')
    .option('--host <host>', 'its host name')
    .option('--compute <units>', 'demand of compute; short for --resource compute=<units>', collectAmount('compute'))
    .option('--storage <units>', 'demand of storage; short for --resource storage=<units>', collectAmount('storage'))
    .option('--resource <name=units>', 'demand of any resource; may be repeated', collectAmount())
    .option('--pool <name>', 'its pool; default: that of its route, or default')
    .option(...JSON_FLAG)
    .action(async (path: string | undefined, options: import('./explain.js').ExplainOptions, command: Command) => {
      const { explain } = await import('./explain.js');
      exitWith(await explain(balancerFlagsOf(command), environment, { ...options, path }));
    });
  fairlead
    .command('events')
    .summary('the latest events, and those to come')
    .description('Print the latest events of the fleet, oldest first.')
    .option('-f, --follow', 'go on with the events to come, until it is interrupted')
    .option('-n, --lines <number>', 'how many of the latest events to print', wholeNumber(0, 999_999), 20)
    .option('--backend <id>', 'only those of a backend')
    .option('--json', 'print one event a line as the API has it, for programs')
    .action(async (options: import('./events.js').EventsOptions, command: Command) => {
      const { events } = await import('./events.js');
      exitWith(await events(balancerFlagsOf(command), environment, options));
    });
  fairlead
    .command('version')
    .summary('the versions of this command, Node and the balancer')
    .description('Print the versions of this command, of Node, and of the balancer if it can be reached.')
    .option('--json', 'print an object, for programs')
    .action(async (options: { readonly json?: true }, command: Command) => {
      const { printVersions } = await import('./version.js');
      exitWith(await printVersions(version, balancerFlagsOf(command), environment, options));
    });
}

function addChanges(fairlead: Command, { environment, exitWith }: CommandContext): void {
  type Options = import('./changes.js').ChangeOptions;
  fairlead
    .command('drain')
    .summary('send a backend no more requests')
    .description('Send a backend no more requests, so that it can be stopped. Those in flight may end until a timeout.')
    .argument(...ID)
    .option(TIMEOUT_FLAG, 'cut requests off that take longer; default: DRAIN_TIMEOUT_SECONDS of the balancer', seconds)
    .option(...WAIT_FLAG)
    .option(...JSON_FLAG)
    .action(async (id: string, options: Options, command: Command) => {
      const { drain } = await import('./changes.js');
      exitWith(await drain(id, balancerFlagsOf(command), environment, options));
    });
  fairlead
    .command('resume')
    .summary('send a drained backend requests again')
    .description('Send a drained backend requests again.')
    .argument(...ID)
    .option(...JSON_FLAG)
    .action(async (id: string, options: Options, command: Command) => {
      const { resume } = await import('./changes.js');
      exitWith(await resume(id, balancerFlagsOf(command), environment, options));
    });
  fairlead
    .command('remove')
    .summary('remove a backend from the fleet')
    .description('Drain a backend, and remove it from the fleet. One that still renews its lease registers again.')
    .argument(...ID)
    .option('--now', 'do not drain it: cut its requests off')
    .option(TIMEOUT_FLAG, 'cut requests off that take longer; default: DRAIN_TIMEOUT_SECONDS of the balancer', seconds)
    .option('--wait', 'return when it is removed')
    .option(...JSON_FLAG)
    .action(async (id: string, options: Options, command: Command) => {
      const { remove } = await import('./changes.js');
      exitWith(await remove(id, balancerFlagsOf(command), environment, options));
    });
}
