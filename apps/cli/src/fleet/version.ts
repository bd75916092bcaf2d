// `fairlead version`: which versions of everything are at work.
import type { Environment } from '@fairlead/configuration';
import { connect } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { formatPairs } from '../output/table.js';
import { print, printJson } from '../output/terminal.js';
import { METRICS } from './metrics-request.js';

/** Prints them. A balancer that cannot be reached is no error: the command was not asked for it. */
export async function printVersions(
  fairlead: string,
  flags: BalancerFlags,
  environment: Environment,
  { json }: { readonly json?: true },
): Promise<number> {
  const balancer = connect(flags, environment);
  const running = await balancer.send(METRICS).then(
    ({ body }) => ({ version: body.version, reason: undefined }),
    (error: Error) => ({ version: null, reason: error.message }),
  );
  if (json) printJson({ fairlead, node: process.versions.node, balancer: running.version }, 2);
  else {
    print(
      formatPairs([
        ['fairlead', fairlead],
        ['node', process.versions.node],
        ['balancer', running.reason ?? `${running.version} at ${balancer.href}`],
      ]),
    );
  }
  return EXIT.ok;
}
