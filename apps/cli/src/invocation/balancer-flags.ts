// The options that say which balancer a command talks to. They may stand before and after the name of the command.
import type { Command } from 'commander';

/** Where the control plane of a balancer is, and how to be let in. */
export interface BalancerFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

export const DEFAULT_URL = 'http://127.0.0.1:9797';

/** Declares them for all commands of the program. */
export function addBalancerFlags(fairlead: Command): void {
  fairlead
    .option('--url <url>', `the control plane of the balancer; default: ${DEFAULT_URL} (BALANCER_URL)`)
    .option(
      '--token <token>',
      'its token (CONTROL_PLANE_TOKEN); other users see it in the list of processes: better use --token-file',
    )
    .option('--token-file <file>', 'a file with the token (CONTROL_PLANE_TOKEN_FILE)')
    .option('--ca-file <file>', "authorities of the balancer's certificate, as PEM (BALANCER_CA_FILE)");
}

/** What `command` was given. */
export function balancerFlagsOf(command: Command): BalancerFlags {
  return command.optsWithGlobals<BalancerFlags>();
}
