// `fairlead diff`: what a configuration file would change in a running balancer.
import type { Environment } from '@fairlead/configuration';
import { problemText, maskedTraffic, trafficChanges } from '@fairlead/traffic-config';
import { readConfiguration, type Secrets } from './configuration-file.js';
import { connect } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { runningTraffic } from './running-traffic.js';

/** Prints the differences to stdout. @throws {Error} with a sentence when there is nothing to compare. */
export async function diff(file: string, flags: BalancerFlags, environment: Environment): Promise<number> {
  const parsed = readConfiguration(file, environment, withStandIns);
  if (parsed.kind === 'invalid') {
    for (const problem of parsed.problems) process.stderr.write(`${problemText(problem)}\n`);
    return EXIT.failed;
  }
  const running = await runningTraffic(connect(flags, environment));
  const changes = trafficChanges(running, maskedTraffic(parsed.traffic, parsed.secrets));
  for (const change of changes) process.stdout.write(`${change}\n`);
  return changes.length === 0 ? EXIT.ok : EXIT.found;
}

/** What the balancer shows in place of a secret. */
const STAND_IN = '***';

/** A secret that exists only on the balancer's machine counts as unchanged, because the API does not show it. */
function withStandIns({ environment, readFile }: Secrets): Secrets {
  return {
    environment: new Proxy(environment, { get: (_, name) => environment[String(name)] || STAND_IN }),
    readFile: (path) => {
      try {
        return readFile(path);
      } catch {
        return STAND_IN;
      }
    },
  };
}
