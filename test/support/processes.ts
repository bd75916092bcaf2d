// Starts the real applications as processes of their own, on free ports, and ends them again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A line of JSON that an application logged. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** A running application. */
export class AppProcess {
  readonly lines: LogLine[] = [];
  stderr = '';
  private readonly waiting = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.lines.push(parseLine(line));
      for (const wake of this.waiting) wake();
    });
    child.stderr!.on('data', (chunk) => (this.stderr += chunk));
    child.once('exit', () => this.waiting.forEach((wake) => wake()));
  }

  /** The first line that says `message`, now or later. Fails when the process ends without it. */
  async logged(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find(({ msg }) => msg?.includes(message));
      if (line) return line;
      if (this.hasExited) throw new Error(`ended without saying "${message}"\n${this.stderr}\n${this.text}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
  }

  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n');
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends a signal and waits for the end; answers the exit code, null when the signal killed it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.hasExited) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
    return this.child.exitCode;
  }
}

/** Variables for every balancer, in lines NAME=value: to run the tests in another setting. */
const SETTING = parseEnv(process.env.FAIRLEAD_TEST_VARIABLES ?? '');

/** Starts an application with these variables on top of the test's own; it is killed when the test is over. */
export function launch(app: 'balancer' | 'backend' | 'dashboard', env: Record<string, string> = {}): AppProcess {
  const child = spawn(process.execPath, [`${ROOT}dist/apps/${app}/src/main.js`], {
    env: { PATH: process.env.PATH, LOG_FORMAT: 'json', REGISTRY_FILE: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running = new AppProcess(child);
  onTestFinished(async () => {
    await running.stop('SIGKILL');
  });
  return running;
}

/** A balancer, listening. */
export interface Balancer {
  readonly process: AppProcess;
  /** Where clients are served. */
  readonly url: string;
  readonly port: number;
  /** Where registration, administration and metrics are. */
  readonly control: string;
}

/** Starts a balancer on free ports, with short waits for its re-checks, and backends that have all their capacity at once. */
export async function startBalancer(env: Record<string, string> = {}): Promise<Balancer> {
  const running = launch('balancer', {
    DATA_PLANE_PORT: '0',
    CONTROL_PLANE_PORT: '0',
    RECHECK_MIN_SECONDS: '0.02',
    RECHECK_MAX_SECONDS: '0.2',
    SLOW_START_SECONDS: '0',
    // One process, one thread: what is tested is the same, and starts sooner.
    DATA_PLANE_THREADS: '0',
    ...SETTING,
    ...env,
  });
  const { port: controlPort } = await running.logged('control plane listening');
  const { port } = await running.logged('data plane listening');
  return {
    process: running,
    url: `http://127.0.0.1:${Number(port)}`,
    port: Number(port),
    control: `http://127.0.0.1:${Number(controlPort)}`,
  };
}

/** Starts a reference backend that does no emulated work; it has joined when this resolves. */
export async function startBackend({ control }: Balancer, env: Record<string, string> = {}): Promise<AppProcess> {
  const running = launch('backend', { BACKEND_PORT: '0', BALANCER_URL: control, WORK_SCALE: '0', ...env });
  const { port } = await running.logged('backend listening');
  await backendIn(control, env.BACKEND_ID ?? `http://127.0.0.1:${Number(port)}`, 'up');
  return running;
}

/** Waits until the balancer sees a backend in a state. */
export async function backendIn(control: string, id: string, state: string): Promise<void> {
  await until(`${id} to be ${state}`, async () => {
    const response = await fetch(`${control}/api/v1/backends/${encodeURIComponent(id)}`);
    return response.ok ? ((await response.json()) as { state: string }).state === state : state === 'gone';
  });
}

const UNTIL_MS = 20_000;

/** Asks again and again, until the answer is yes. For what tells of itself by no event that a test could await. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + UNTIL_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${UNTIL_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
}
