// The commands that read a configuration file of the balancer: `check` and `diff`.
import type { Command } from 'commander';
import { balancerFlagsOf } from '../invocation/balancer-flags.js';
import type { CommandContext } from '../invocation/command-context.js';

const VARIABLES = `
The variables of the balancer, such as RESOURCES and PING_RISE, are the defaults of the file, as they are there: set those
that the balancer has. docs/traffic.md describes the file, docs/configuration.md the variables.`;

/** Declares them. */
export function addConfigurationCommands(fairlead: Command, { environment, exitWith }: CommandContext): void {
  fairlead.commandsGroup('Configuration files:');
  fairlead
    .command('check')
    .summary('check a configuration file')
    .description(
      'Check a configuration file: exit code 0 if it is valid, 1 if it has problems, 2 if it cannot be read.',
    )
    .argument('<file>', 'the configuration file, such as fairlead.yaml')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', VARIABLES)
    .action(async (file: string) => {
      const { check } = await import('./check.js');
      exitWith(check(file, environment));
    });
  fairlead
    .command('diff')
    .summary('show what a file would change in a balancer')
    .description(
      'Show what a configuration file would change in a running balancer: exit code 0 if nothing, 1 if something, 2 for errors.',
    )
    .argument('<file>', 'the configuration file, such as fairlead.yaml')
    .addHelpText('after', VARIABLES)
    .action(async (file: string, _: object, command: Command) => {
      const { diff } = await import('./diff.js');
      exitWith(await diff(file, balancerFlagsOf(command), environment));
    });
}
