// The commands, their arguments and options. The code of a command is imported when it runs.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Environment } from '@fairlead/configuration';
import { Command } from 'commander';
import { addConfigurationCommands } from './configuration/commands.js';
import { addDemoCommand } from './demo/command.js';
import { addFleetCommands } from './fleet/commands.js';
import { addBalancerFlags } from './invocation/balancer-flags.js';
import { EXIT } from './invocation/exit-codes.js';
import { addJoinCommand } from './join/command.js';
import { outputColumns, setColumns } from './output/columns.js';
import { addSpamCommand } from './spam/command.js';
import { addStartCommand } from './start/command.js';

/** A column of help narrower than this is not wrapped: it would have a word a line. */
const MIN_COLUMNS = 12;
const DEFAULT_COLUMNS = 80;

/** Runs the command that `argv` names. @throws {CommanderError} for wrong usage; {@link Error} with a sentence otherwise. */
export async function program(argv: readonly string[], environment: Environment): Promise<number> {
  let exitCode: number = EXIT.ok;
  const version = ownVersion();
  setColumns(environment.COLUMNS);
  const fairlead = new Command('fairlead')
    .description('The load balancer Fairlead: run it, join it, and see what it does')
    .version(version, '-V, --version', 'print the version of this command')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: MIN_COLUMNS,
      // The page of a command shows its arguments.
      subcommandTerm: (command) => command.name(),
    })
    .configureOutput({
      getOutHelpWidth: () => outputColumns(DEFAULT_COLUMNS),
    })
    .showHelpAfterError('(fairlead --help shows the commands)');
  addBalancerFlags(fairlead);
  const context = { environment, exitWith: (code: number) => (exitCode = code), version };
  fairlead.commandsGroup('Run it:');
  addStartCommand(fairlead, context);
  addDemoCommand(fairlead, context);
  addJoinCommand(fairlead, context);
  addSpamCommand(fairlead, context);
  addFleetCommands(fairlead, context);
  addConfigurationCommands(fairlead, context);
  await fairlead.parseAsync([...argv]);
  return exitCode;
}

/**
 * The version of the package that this file is part of. The balancer reads its own: a library of both would have to be
 * loaded before any help is printed.
 *
 * @throws {Error} when there is no package.json above this file.
 */
function ownVersion(): string {
  const file = findPackageJSON('.', import.meta.url);
  if (file === undefined) throw new Error(`there is no package.json above ${import.meta.url}, so there is no version`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
