// The command `start`.
import { Argument, type Command } from 'commander';
import type { CommandContext } from '../invocation/command-context.js';

const STARTABLE = ['balancer', 'dashboard', 'backend', 'all'] as const;

/** Declares it. */
export function addStartCommand(fairlead: Command, { environment, exitWith }: CommandContext): void {
  fairlead
    .command('start')
    .summary('a balancer, the dashboard, an example backend, or all of them')
    .description(
      'Run an application until SIGTERM. Variables configure it: docs/configuration.md. The backend is an example, which emulates work.',
    )
    .addArgument(new Argument('[app]', 'what to run').choices(STARTABLE).default('balancer'))
    .option('--config <file>', 'the configuration file of a balancer (FAIRLEAD_CONFIG)')
    .action(async (app: (typeof STARTABLE)[number], { config }: { readonly config?: string }) => {
      const { startAll, startApp } = await import('./start.js');
      if (app === 'all') return exitWith(await startAll(config, environment));
      if (config !== undefined && app !== 'balancer') throw new Error(`--config is for a balancer, not for the ${app}`);
      await startApp(app, config === undefined ? [] : ['--config', config]);
    });
}
