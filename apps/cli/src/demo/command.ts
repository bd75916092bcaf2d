// The command `demo`.
import type { Command } from 'commander';
import type { CommandContext } from '../invocation/command-context.js';
import { wholeNumber } from '../invocation/whole-number.js';

const MAX_PORT_OFFSET = 50_000;
const MAX_BALANCERS = 8;

/** Declares it. */
export function addDemoCommand(fairlead: Command, { environment, exitWith }: CommandContext): void {
  fairlead
    .command('demo')
    .summary('a balancer, three backends and the dashboard, to try it out')
    .description('Run a balancer, three backends of different shape and the dashboard until Ctrl-C.')
    .option(
      '--port-offset <number>',
      'is added to every port, in case one is in use',
      wholeNumber(0, MAX_PORT_OFFSET),
      0,
    )
    .option(
      '--balancers <number>',
      'several balancers that serve one fleet, with their registry in Redis: needs redis-server',
      wholeNumber(1, MAX_BALANCERS),
      1,
    )
    .action(async (options: { readonly portOffset: number; readonly balancers: number }) => {
      const { demo } = await import('./demo.js');
      exitWith(await demo(options, environment));
    });
}
