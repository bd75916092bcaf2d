// What the demo runs: which applications, with which environment.
import type { Environment } from '@fairlead/configuration';
import type { AppProcess } from '../processes/app-process.js';

/** What the backends really do: a request of 5 units of compute takes `cpu-1` 5 / 1600 s. */
const BACKENDS = [
  { id: 'cpu-1', port: 5453, compute: 1600, storage: 400, color: 'yellow' },
  { id: 'even-1', port: 5454, compute: 1000, storage: 1000, color: 'green' },
  { id: 'disk-1', port: 5455, compute: 400, storage: 1600, color: 'magenta' },
];

/** The processes of the demo. */
export interface DemoFleet {
  /** Start first: the others would warn that they do not respond. At least one. */
  readonly balancers: readonly AppProcess[];
  readonly backends: readonly AppProcess[];
  readonly dashboard: AppProcess;
}

/**
 * Variables of the shell that are for another balancer: its fleet, addresses, certificates and tokens. The demo would ask
 * for credentials that it does not have, or be somewhere else than it says.
 */
const OF_OTHERS =
  /^((CONTROL_PLANE|DATA_PLANE|DASHBOARD|BACKEND)_(HOST|NAMES|TLS_|TOKEN|NETWORKS)|TLS_|FAIRLEAD_CONFIG$|BALANCER_CA_FILE$|PUBLIC_BALANCER_URL$|HTTPS_REDIRECT_PORT$|PROXY_PROTOCOL$|RESOURCES$|REGISTRY_(URL|PREFIX|CA_FILE)$|CLUSTER_ID$|BALANCER_ID$)/;

/** What the demo is made of. */
export interface DemoShape {
  /** Added to every default port. */
  readonly offset: number;
  /** How many balancers. */
  readonly balancers: number;
  /** The URL of their registry; undefined for one balancer, which has its own. */
  readonly registry: string | undefined;
}

/** The demo's processes. Most variables are inherited from the shell. */
export function demoFleet({ offset, balancers: count, registry }: DemoShape, environment: Environment): DemoFleet {
  // An empty value counts as none.
  const cleared = Object.fromEntries(
    Object.keys(environment)
      .filter((name) => OF_OTHERS.test(name))
      .map((name) => [name, '']),
  );
  const port = (usual: number) => String(usual + offset);
  const balancers = Array.from({ length: count }, (_, i): AppProcess => {
    const name = registry === undefined ? 'balancer' : `balancer-${i + 1}`;
    const env = {
      ...cleared,
      DATA_PLANE_PORT: port(5252 + i),
      CONTROL_PLANE_PORT: port(9797 + i),
      DEMAND_SOURCE: 'random',
      DEMAND_CLIENTS: 'loopback',
      // The demo's backends start and stop with the balancer, so there is nothing to restore.
      REGISTRY_FILE: 'none',
      ...(registry === undefined ? {} : { REGISTRY_URL: registry, BALANCER_ID: name }),
    };
    return { name, app: 'balancer', env, color: 'cyan' };
  });
  const controls = balancers.map(controlOf);
  const backends = BACKENDS.map(({ id, port: usual, compute, storage, color }, i): AppProcess => {
    // Each begins with another balancer, and all know all.
    const urls = [...controls.slice(i % count), ...controls.slice(0, i % count)];
    const env = {
      ...cleared,
      BACKEND_ID: id,
      BACKEND_PORT: port(usual),
      BACKEND_URL: '',
      BALANCER_URL: urls.join(','),
      COMPUTE_CAPACITY: String(compute),
      STORAGE_CAPACITY: String(storage),
      WORK_SCALE: '1',
    };
    return { name: id, app: 'backend', env, color };
  });
  const dashboard = { ...cleared, DASHBOARD_PORT: port(9494), BALANCER_URL: controls[0] };
  return {
    balancers,
    backends,
    dashboard: { name: 'dashboard', app: 'dashboard', env: dashboard, color: 'blue' },
  };
}

/** The URL of the control plane of a balancer of the demo. */
export function controlOf({ env }: AppProcess): string {
  return `http://127.0.0.1:${env.CONTROL_PLANE_PORT}`;
}
