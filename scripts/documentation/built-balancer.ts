// Starts the built balancer on free ports, to write down what it serves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where it listens. */
export interface Addresses {
  readonly control: string;
  /** For clients. */
  readonly clients: string;
}

/** Calls `use` with the addresses of a balancer with these variables, and stops it when that is done. Expects a build. */
export async function withBuiltBalancer(
  variables: Readonly<Record<string, string>>,
  use: (addresses: Addresses) => Promise<void>,
): Promise<void> {
  const balancer = spawn(process.execPath, ['dist/apps/balancer/src/main.js'], {
    cwd: ROOT,
    env: {
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_HOST: '127.0.0.1',
      CONTROL_PLANE_PORT: '0',
      DATA_PLANE_THREADS: '0',
      REGISTRY_FILE: 'none',
      LOG_FORMAT: 'json',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(balancer, 'exit');
  try {
    const ports = await portsIn(createInterface({ input: balancer.stdout }));
    await use({ control: `http://127.0.0.1:${ports.control}`, clients: `http://127.0.0.1:${ports.clients}` });
  } finally {
    balancer.kill();
    await exited;
  }
}

/** Reads the ports from the balancer's log. */
async function portsIn(lines: AsyncIterable<string>): Promise<{ control: number; clients: number }> {
  const ports: { control?: number; clients?: number } = {};
  for await (const line of lines) {
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    if (port === undefined) continue;
    if (msg?.includes('data plane listening')) ports.clients = port;
    if (msg?.includes('control plane listening')) ports.control = port;
    const { control, clients } = ports;
    if (control !== undefined && clients !== undefined) return { control, clients };
  }
  throw new Error('the balancer ended before it listened');
}
