// The commands, their arguments and options.
import type { Environment } from '@fairlead/configuration';
import { Command, Option } from 'commander';
import { check } from './check.js';
import { diff, type BalancerOptions } from './diff.js';
import { EXIT, type ExitCode } from './exit-codes.js';

const DEFAULT_URL = 'http://127.0.0.1:9797';

/** Runs the command that `argv` names. @throws {CommanderError} for wrong usage; {@link Error} with a sentence otherwise. */
export async function program(argv: readonly string[], environment: Environment): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const fairlead = new Command('fairlead')
    .description('Checks configuration files of the Fairlead load balancer')
    .exitOverride()
    .showHelpAfterError('(fairlead --help shows the commands)');
  fairlead
    .command('check')
    .description('check a configuration file: exit code 0 if it is valid, 1 if it has problems, 2 if it cannot be read')
    .argument('<file>', 'the configuration file, such as fairlead.yaml')
    .addHelpText('after', VARIABLES)
    .action((file: string) => {
      exitCode = check(file, environment);
    });
  fairlead
    .command('diff')
    .description(
      'show what a configuration file would change in a running balancer: exit code 0 if nothing, 1 if something, 2 for errors',
    )
    .argument('<file>', 'the configuration file, such as fairlead.yaml')
    .addOption(option('--url <url>', 'the control plane of the balancer', 'BALANCER_URL').default(DEFAULT_URL))
    .addOption(option('--token <token>', 'a token with the role read', 'CONTROL_PLANE_TOKEN'))
    .addOption(option('--token-file <file>', 'a file with the token', 'CONTROL_PLANE_TOKEN_FILE'))
    .addOption(option('--ca-file <file>', "authorities of the balancer's certificate, as PEM", 'BALANCER_CA_FILE'))
    .addHelpText('after', VARIABLES)
    .action(async (file: string, options: BalancerOptions) => {
      exitCode = await diff(file, { ...options, url: options.url || DEFAULT_URL }, environment);
    });
  await fairlead.parseAsync([...argv]);
  return exitCode;
}

/** An option that is a variable otherwise. Its value is not in the help, since it may be a token. */
function option(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(variable);
}

const VARIABLES = `
The variables of the balancer, such as RESOURCES and PING_RISE, are the defaults of the file, as they are there: set those
that the balancer has. docs/traffic.md describes the file, docs/configuration.md the variables.`;
