// `fairlead join`: puts a process into the fleet, and keeps it there.
import type { Environment } from '@fairlead/configuration';
import { amountsOf, type Amounts } from '../invocation/amounts.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { report, warn } from '../output/messages.js';
import { print } from '../output/terminal.js';
import { balancerSettings, controlPlaneUrl, type BalancerSettings } from '../settings/balancer-settings.js';
import { accompany } from './accompany.js';
import type { JoinFlags } from './join-flags.js';
import { runJoined } from './joined-command.js';
import { canFindPorts } from './listening-ports.js';
import { Membership } from './membership.js';
import { measureMachine, type Measurement } from './measure.js';
import { givenPlace, placeOfPort, type Place } from './place.js';
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
  const place = givenPlace(flags);
  if (isToMeasure && command.length === 0 && place === undefined) {
    print(formatMeasurement(measure(flags)));
    return EXIT.ok;
  }
  if (place === undefined) requireFindablePort(command);
  const balancers = balancersOf(flags, balancerFlags, environment);
  const given = amountsOf(flags);
  const amounts = { ...(isToMeasure ? announced(measure(flags)) : {}), ...given };
  const resources = Object.keys(amounts).length === 0 ? undefined : amounts;
  const options = optionsOf(flags, resources, balancers);
  const open = ({ address }: Pick<Place, 'address'>) => new Membership({ ...options, ...address });
  // Before anything is started, because it throws for flags that are not valid. Any port is good for that.
  open(place ?? { address: { port: 1 } });
  const startTimeout = flags.startTimeout ?? (command.length > 0 ? START_TIMEOUT_SECONDS : undefined);
  const startTimeoutMs = startTimeout === undefined ? undefined : startTimeout * 1000;
  if (place !== undefined && command.length === 0) {
    return accompany({ target: place.target, open: () => open(place), startTimeoutMs });
  }
  return runJoined(command, {
    place,
    placeOf: (port) => placeOfPort(port, flags, balancers.urls, warn),
    open,
    startTimeoutMs,
    stopTimeoutMs: flags.stopTimeout * 1000,
    environment,
  });
}

function measure({ measureIn }: JoinFlags): Measurement {
  return measureMachine(measureIn ?? process.cwd());
}

function announced(measurement: Measurement): Amounts {
  const { compute, storage } = numbersOf(measurement);
  report(
    `measured --compute ${compute} (10 for each core) --storage ${storage} (MB/s of the disk); ` +
      'to declare other numbers, give these flags',
  );
  return { compute, storage };
}

function requireFindablePort(command: readonly string[]): void {
  if (command.length === 0) {
    throw new Error(
      'join needs a command, such as fairlead join -- python3 server.py, or the port of a process that runs already, ' +
        'such as --port 8080',
    );
  }
  if (canFindPorts()) return;
  throw new Error('join needs the port that the command listens on, such as --port 8080: it finds ports on Linux only');
}

/** The balancers to register with, and what they ask for. */
interface Balancers extends Pick<BalancerSettings, 'token' | 'tokenFile' | 'caFile'> {
  readonly urls: readonly URL[];
}

function balancersOf({ balancer = [] }: JoinFlags, balancerFlags: BalancerFlags, environment: Environment): Balancers {
  const urls = balancer.map((text) => controlPlaneUrl('--balancer', text));
  const named = balancer.length === 0 ? balancerFlags : { ...balancerFlags, url: balancer[0] };
  const { url, token, tokenFile, caFile } = balancerSettings(named, environment, warn, urls);
  return { urls: urls.length > 1 ? urls : [url], token, tokenFile, caFile };
}

function optionsOf(flags: JoinFlags, resources: Amounts | undefined, { urls, token, tokenFile, caFile }: Balancers) {
  const { id, pool, path, lease, maxInFlight, label, drainTimeout } = flags;
  return {
    ...(urls.length > 1 ? { balancerUrls: urls } : { balancerUrl: urls[0] }),
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
