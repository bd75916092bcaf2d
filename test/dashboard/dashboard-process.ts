// The built dashboard as a process of its own, on a free port.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/apps/dashboard/src/main.js', import.meta.url));

export interface Dashboard {
  readonly url: string;
  /** Sends SIGTERM and resolves with how the process ended. */
  stop(): Promise<{ code: number | null; signal: string | null }>;
}

/** Starts it beside a balancer and waits until it listens. Any working directory has to do. */
export async function startDashboard(balancerUrl: string): Promise<Dashboard> {
  const child = spawnDashboard({ BALANCER_URL: balancerUrl, REFRESH_INTERVAL_SECONDS: '0.05' });
  child.stderr.pipe(process.stderr);
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      return { code: child.exitCode, signal: child.signalCode };
    },
  };
}

/** Starts it with settings that end it, and resolves with its exit code and what it said. */
export async function runDashboard(environment: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const child = spawnDashboard(environment);
  child.stdout.resume();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: Number(code), stderr };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function spawnDashboard(environment: Record<string, string>): Child {
  return spawn(NODE, [MAIN], {
    cwd: tmpdir(),
    env: { DASHBOARD_PORT: '0', DASHBOARD_HOST: '127.0.0.1', LOG_FORMAT: 'json', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function portOf(child: Child): Promise<number> {
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg?: string; port?: number };
    if (entry.msg !== 'dashboard listening') continue;
    child.stdout.resume();
    return entry.port!;
  }
  throw new Error('the dashboard ended before it listened');
}
