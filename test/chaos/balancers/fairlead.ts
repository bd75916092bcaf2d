// Fairlead as built by `npm run build`, with its defaults, since its guarantees are stated for those.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launcher, SecureSite } from './launch.ts';

/** This repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The built balancer. */
export const BALANCER = balancerIn(ROOT);
/** Keeps the listening sockets while balancers are replaced. */
const SUPERVISOR = fileURLToPath(new URL('../../../scripts/supervise.ts', import.meta.url));

export const fairlead: Launcher = ({ port, controlPort, folder, variables, tls }, options) => {
  if (options.isReloadable && !existsSync(SUPERVISOR)) {
    throw new Error('scripts/supervise.ts is not there: without it nothing holds the sockets over a restart');
  }
  return {
    name: 'fairlead',
    command: [process.execPath, options.isReloadable ? SUPERVISOR : balancerIn(options.root ?? ROOT)],
    env: {
      DATA_PLANE_HOST: '127.0.0.1',
      DATA_PLANE_PORT: String(port),
      CONTROL_PLANE_HOST: '127.0.0.1',
      CONTROL_PLANE_PORT: String(controlPort),
      LOG_FORMAT: 'json',
      ACCESS_LOG: 'off',
      SWAGGER: 'false',
      METRICS_MAX_AGE_SECONDS: '0',
      SUPERVISOR_PID_FILE: `${folder}/supervisor.pid`,
      ...(tls ? secureVariables(tls) : {}),
      ...options.variables,
      ...variables,
    },
    files: {},
    listening: 'data plane listening',
    reloadSignal: 'SIGHUP',
    reloaded: 'reload complete',
  };
};

/** Where `npm run build` puts it. */
function balancerIn(root: string): string {
  return join(root, 'dist/apps/balancer/src/main.js');
}

function secureVariables({ port, certificateFile, keyFile }: SecureSite): Record<string, string> {
  return { DATA_PLANE_TLS_PORT: String(port), TLS_CERTIFICATE_FILES: certificateFile, TLS_KEY_FILES: keyFile };
}
