// `fairlead join`: puts a process into the fleet, and keeps it there.
import type { Environment } from '@fairlead/configuration';
import { amountsOf, type Amounts } from '../invocation/amounts.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { report, warn } from '../output/messages.js';
import { print } from '../output/terminal.js';
import { balancerSettings, controlPlaneUrl } from '../settings/balancer-settings.js';
import { accompany } from './accompany.js';
import type { JoinFlags } from './join-flags.js';
import { runJoined } from './joined-command.js';
import { Membership } from './membership.js';
import { measureMachine, type Measurement } from './measure.js';
import type { Target } from './port-probe.js';
import { formatMeasurement, numbersOf } from './proposal.js';

const START_TIMEOUT_SECONDS = 60;

/** Runs until the process has left the fleet. Returns the exit code. @throws {Error} for flags that are not valid. */
export async function join(
  command: readonly string[],
  flags: JoinFlags,
  balancerFlags: BalancerFlags,
  environment: Environment,
): Promise<number> {
  const isToMeasure = flags.measure === true || flags.measureIn !== undefined;
  if (isToMeasure && command.length === 0 && flags.port === undefined && flags.backendUrl === undefined) {
    print(formatMeasurement(measure(flags)));
    return EXIT.ok;
  }
  const target = targetOf(flags);
  const resources = { ...(isToMeasure ? announced(measure(flags)) : {}), ...amountsOf(flags) };
  requireAmounts(resources);
  const open = () => new Membership(optionsOf(flags, target, resources, balancerFlags, environment));
  const startTimeout = flags.startTimeout ?? (command.length > 0 ? START_TIMEOUT_SECONDS : undefined);
  const startTimeoutMs = startTimeout === undefined ? undefined : startTimeout * 1000;
  if (command.length === 0) return accompany({ target, open, startTimeoutMs });
  const stopTimeoutMs = flags.stopTimeout * 1000;
  return runJoined(command, { target, membership: open(), startTimeoutMs, stopTimeoutMs });
}

function measure({ measureIn }: JoinFlags): Measurement {
  return measureMachine(measureIn ?? process.cwd());
}

function announced(measurement: Measurement): Amounts {
  const numbers = numbersOf(measurement);
  report(`measured --compute ${numbers.compute} --storage ${numbers.storage}`);
  return numbers;
}

function requireAmounts(resources: Amounts): void {
  if (Object.keys(resources).length > 0) return;
  throw new Error(
    'join needs the capacity of this machine: give --compute and --storage, or --measure to have them measured',
  );
}

/** Where the process listens. */
function targetOf({ port, host, path, backendUrl }: JoinFlags): Target {
  const url = backendUrl === undefined ? null : URL.parse(backendUrl);
  const isTls = url?.protocol === 'https:';
  if (port !== undefined) return { host, port, path, isTls };
  if (url === null) throw new Error('join needs the port that the process listens on, such as --port 8080');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (isTls ? 443 : 80), path, isTls };
}

function optionsOf(
  flags: JoinFlags,
  { port }: Target,
  resources: Amounts,
  balancerFlags: BalancerFlags,
  environment: Environment,
) {
  const { id, pool, path, lease, maxInFlight, label, backendUrl, balancer = [], drainTimeout } = flags;
  const balancers = balancer.map((text) => controlPlaneUrl('--balancer', text));
  const named = balancer.length === 0 ? balancerFlags : { ...balancerFlags, url: balancer[0] };
  const { url, token, tokenFile, caFile } = balancerSettings(named, environment, warn);
  return {
    ...(balancers.length > 1 ? { balancerUrls: balancers } : { balancerUrl: url }),
    ...(backendUrl === undefined ? { port } : { url: backendUrl }),
    token,
    tokenFile,
    caFile,
    id,
    pool,
    resources,
    maxInFlight,
    pingPath: path,
    leaseSeconds: lease,
    labels: label,
    leaveTimeoutMs: drainTimeout * 1000,
  };
}
