// `npm run docs:openapi`: writes docs/openapi.json as a running balancer serves it at /docs-json. Expects a build.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = `${ROOT}docs/openapi.json`;

const balancer = spawn(process.execPath, ['dist/apps/balancer/src/main.js'], {
  cwd: ROOT,
  env: {
    DATA_PLANE_PORT: '0',
    CONTROL_PLANE_HOST: '127.0.0.1',
    CONTROL_PLANE_PORT: '0',
    DATA_PLANE_THREADS: '0',
    REGISTRY_FILE: 'none',
    LOG_FORMAT: 'json',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(balancer, 'exit');
try {
  const response = await fetch(`http://127.0.0.1:${await controlPort()}/docs-json`);
  if (!response.ok) throw new Error(`/docs-json: expected status 200, got ${response.status}`);
  const text = await format(await response.text(), { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
  writeFileSync(DOCUMENT, text);
} finally {
  balancer.kill();
  await exited;
}

/** Reads the port of the control plane from the balancer's log. */
async function controlPort(): Promise<number> {
  for await (const line of createInterface({ input: balancer.stdout })) {
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    if (msg?.includes('control plane listening') && port !== undefined) return port;
  }
  throw new Error('the balancer ended before its control plane listened');
}
