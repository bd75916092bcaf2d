// Fairlead, as built by `npm run build`.
import { fileURLToPath } from 'node:url';
import type { BackendAddress, Contender, SecurePlace } from './contender.js';

/** The built balancer, within a checkout. */
export const BALANCER_PATH = 'dist/apps/balancer/src/main.js';

/** The built balancer of this checkout. */
export const BALANCER = fileURLToPath(new URL(`../../${BALANCER_PATH}`, import.meta.url));

/** As long as the timeouts of the other contenders, so that no contender gives up on a backend. */
const TIMEOUT_SECONDS = '300';

/** Its configuration file. */
const CONFIGURATION = 'fairlead.yaml';

const DECLARED_NAMES = ['compute', 'storage'];

/**
 * Fairlead with these variables in addition to those that all its entries share.
 *
 * @param routes of its configuration file, as YAML; undefined: without a file.
 */
export function fairlead(
  name: string,
  title: string,
  variables: Readonly<Record<string, string>>,
  routes?: string,
): Contender {
  const resources = variables.RESOURCES?.split(',') ?? DECLARED_NAMES;
  return {
    name,
    title,
    program: 'fairlead',
    launch: ({ port, controlPort, folder, backends, tls }) => ({
      command: process.execPath,
      args: [BALANCER],
      env: {
        DATA_PLANE_HOST: '127.0.0.1',
        DATA_PLANE_PORT: String(port),
        CONTROL_PLANE_HOST: '127.0.0.1',
        CONTROL_PLANE_PORT: String(controlPort),
        PLACEMENT_POLICY: 'drf',
        ATTEMPT_TIMEOUT_SECONDS: TIMEOUT_SECONDS,
        REQUEST_TIMEOUT_SECONDS: TIMEOUT_SECONDS,
        LOG_LEVEL: 'error',
        REGISTRY_FILE: 'none',
        // All clients of a benchmark have one address.
        TRAFFIC_LIMITS: '{"perClient": {"connections": 0}}',
        ...(tls ? secureVariables(tls) : {}),
        ...(routes === undefined ? {} : { FAIRLEAD_CONFIG: `${folder}/${CONFIGURATION}` }),
        ...variables,
      },
      files: routes === undefined ? {} : { [CONFIGURATION]: routes },
      registerBackends: () => register(`http://127.0.0.1:${controlPort}/api/v1/backends`, backends, resources),
    }),
  };
}

function secureVariables({ port, certificateFile, keyFile }: SecurePlace): Record<string, string> {
  return { DATA_PLANE_TLS_PORT: String(port), TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile };
}

/** The same contender, but with the built balancer of another checkout. */
export function withBalancer<C extends Contender>(contender: C, balancer: string): C {
  return {
    ...contender,
    launch: (place) => {
      const launch = contender.launch(place);
      return { ...launch, args: launch.args.map((arg) => (arg === BALANCER ? balancer : arg)) };
    },
  };
}

/** Registers the fleet, and waits until Fairlead reports every backend as up. */
async function register(url: string, backends: readonly BackendAddress[], resources: readonly string[]): Promise<void> {
  for (const { id, port, capacity, isUndeclared } of backends) {
    const amounts = Object.fromEntries(resources.map((resource, r) => [resource, capacity[r]]));
    const declared = isUndeclared === true ? {} : { resources: amounts };
    const body = { id, url: `http://127.0.0.1:${port}`, ...declared, pingPath: '/health' };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`Fairlead refused ${id}: ${response.status} ${await response.text()}`);
  }
  const deadline = performance.now() + 10_000;
  while (!(await areAllUp(url))) {
    if (performance.now() > deadline) throw new Error('Fairlead does not see all backends up after 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function areAllUp(url: string): Promise<boolean> {
  const response = await fetch(url);
  const { backends } = (await response.json()) as { backends: readonly { state: string }[] };
  return backends.every(({ state }) => state === 'up');
}
