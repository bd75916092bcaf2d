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
  /** Starts first: the others would warn that it does not respond. */
  readonly balancer: AppProcess;
  readonly backends: readonly AppProcess[];
  readonly dashboard: AppProcess;
}

/**
 * Variables of the shell that are for another balancer: its fleet, addresses, certificates and tokens. The demo would ask
 * for credentials that it does not have, or be somewhere else than it says.
 */
const OF_OTHERS =
  /^((CONTROL_PLANE|DATA_PLANE|DASHBOARD|BACKEND)_(HOST|NAMES|TLS_|TOKEN|NETWORKS)|TLS_|FAIRLEAD_CONFIG$|BALANCER_CA_FILE$|PUBLIC_BALANCER_URL$|HTTPS_REDIRECT_PORT$|PROXY_PROTOCOL$|RESOURCES$)/;

/** The demo's processes, with `offset` added to every default port. Most variables are inherited from the shell. */
export function demoFleet(offset: number, environment: Environment): DemoFleet {
  // An empty value counts as none.
  const cleared = Object.fromEntries(
    Object.keys(environment)
      .filter((name) => OF_OTHERS.test(name))
      .map((name) => [name, '']),
  );
  const port = (usual: number) => String(usual + offset);
  const BALANCER_URL = `http://127.0.0.1:${port(9797)}`;
  const balancer = {
    ...cleared,
    DATA_PLANE_PORT: port(5252),
    CONTROL_PLANE_PORT: port(9797),
    DEMAND_SOURCE: 'random',
    DEMAND_CLIENTS: 'loopback',
    // The demo's backends start and stop with the balancer, so there is nothing to restore.
    REGISTRY_FILE: 'none',
  };
  const backends = BACKENDS.map(({ id, port: usual, compute, storage, color }): AppProcess => {
    const env = {
      ...cleared,
      BACKEND_ID: id,
      BACKEND_PORT: port(usual),
      BACKEND_URL: '',
      BALANCER_URL,
      COMPUTE_CAPACITY: String(compute),
      STORAGE_CAPACITY: String(storage),
      WORK_SCALE: '1',
    };
    return { name: id, app: 'backend', env, color };
  });
  const dashboard = { ...cleared, DASHBOARD_PORT: port(9494), BALANCER_URL };
  return {
    balancer: { name: 'balancer', app: 'balancer', env: balancer, color: 'cyan' },
    backends,
    dashboard: { name: 'dashboard', app: 'dashboard', env: dashboard, color: 'blue' },
  };
}
