// What the demo runs: which applications, with which environment.

/** One process of the demo. */
export interface DemoProcess {
  /** Its name in the log. */
  readonly name: string;
  readonly app: 'balancer' | 'backend' | 'dashboard';
  readonly env: Readonly<Record<string, string>>;
  readonly color: string;
}

/** Shortens emulated work to a fiftieth, so that a few hundred requests in a row take seconds. */
const WORK_SCALE = '0.02';

const BACKENDS = [
  { id: 'cpu-1', port: 5453, compute: 32, storage: 8, color: 'yellow' },
  { id: 'even-1', port: 5454, compute: 20, storage: 20, color: 'green' },
  { id: 'disk-1', port: 5455, compute: 8, storage: 32, color: 'magenta' },
];

/** The demo's processes, with `offset` added to every default port. Other variables are inherited from the shell. */
export function demoProcesses(offset: number): DemoProcess[] {
  const port = (usual: number) => String(usual + offset);
  const BALANCER_URL = `http://127.0.0.1:${port(9797)}`;
  const balancer = {
    DATA_PLANE_PORT: port(5252),
    CONTROL_PLANE_PORT: port(9797),
    DEMAND_SOURCE: 'random',
    DEMAND_CLIENTS: 'loopback',
    // The demo's backends start and stop with the balancer, so there is nothing to restore.
    REGISTRY_FILE: 'none',
  };
  const backends = BACKENDS.map(({ id, port: usual, compute, storage, color }): DemoProcess => {
    const env = {
      BACKEND_ID: id,
      BACKEND_PORT: port(usual),
      BACKEND_URL: '',
      BALANCER_URL,
      COMPUTE_CAPACITY: String(compute),
      STORAGE_CAPACITY: String(storage),
      WORK_SCALE,
    };
    return { name: id, app: 'backend', env, color };
  });
  return [
    { name: 'balancer', app: 'balancer', env: balancer, color: 'cyan' },
    ...backends,
    { name: 'dashboard', app: 'dashboard', env: { DASHBOARD_PORT: port(9494), BALANCER_URL }, color: 'blue' },
  ];
}

/** The ports a process will listen on, and the use of each. */
export function portsOf({ name, app, env }: DemoProcess): { readonly port: number; readonly of: string }[] {
  switch (app) {
    case 'balancer':
      return [
        { port: Number(env.DATA_PLANE_PORT), of: 'clients' },
        { port: Number(env.CONTROL_PLANE_PORT), of: 'the control plane' },
      ];
    case 'backend':
      return [{ port: Number(env.BACKEND_PORT), of: name }];
    case 'dashboard':
      return [{ port: Number(env.DASHBOARD_PORT), of: name }];
    default: {
      const exhaustive: never = app;
      return exhaustive;
    }
  }
}
