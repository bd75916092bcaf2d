// Starts the built applications as processes, on free ports, and ends them again.
import { once } from 'node:events';
import type { SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { OwnProcess } from '../processes/own-process.js';
import { until } from '../processes/until.js';
import { bearer } from './bearer.js';
import { whenTestEnds, type AtEnd } from './lifetime.js';

export { until };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A line of JSON that an application logged. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** A process that logs lines of JSON. */
export class AppProcess extends OwnProcess {
  readonly lines: LogLine[] = [];
  stderr = '';
  private readonly waiting = new Set<() => void>();
  private hasClosed = false;

  constructor(name: string, command: readonly string[], options: SpawnOptions = {}) {
    super(name, command, options);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(parseLine(line));
      this.wake();
    });
    this.child.stderr!.on('data', (chunk) => (this.stderr += String(chunk)));
    // Not at its exit: what it wrote before may be read after that.
    this.child.once('close', () => {
      this.hasClosed = true;
      this.wake();
    });
  }

  /** What it wrote to stderr, of lines of JSON only the message. */
  get problems(): string {
    return this.stderr.replaceAll(/^\{"level".*\}$/gm, (line) => String(parseLine(line).msg));
  }

  /** The first line that contains `message`, now or later. @throws {Error} when the process ends without it. */
  async logged(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find(({ msg }) => msg?.includes(message));
      if (line) return line;
      if (this.hasClosed) throw this.unexpectedEnd();
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

/** Variables for every balancer, in lines NAME=value: to run the tests in another setting. */
const SETTING = parseEnv(process.env.FAIRLEAD_TEST_VARIABLES ?? '');

export type App = 'balancer' | 'backend' | 'dashboard';

/** The command that runs a built application. */
export function commandOf(app: App): readonly string[] {
  return [process.execPath, `${ROOT}dist/apps/${app}/src/main.js`];
}

/** Starts an application with these variables. */
export function launch(app: App, env: Record<string, string> = {}, atEnd: AtEnd = whenTestEnds): AppProcess {
  const running = new AppProcess(app, commandOf(app), {
    env: { LOG_FORMAT: 'json', REGISTRY_FILE: 'none', ...env },
  });
  atEnd(() => running.end());
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
export async function startBalancer(env: Record<string, string> = {}, atEnd: AtEnd = whenTestEnds): Promise<Balancer> {
  const running = launch(
    'balancer',
    {
      DATA_PLANE_PORT: '0',
      CONTROL_PLANE_PORT: '0',
      RECHECK_MIN_SECONDS: '0.02',
      RECHECK_MAX_SECONDS: '0.2',
      SLOW_START_SECONDS: '0',
      // These save time at each start: one thread, and no documentation of the API.
      DATA_PLANE_THREADS: '0',
      SWAGGER: 'false',
      // Tests read the metrics to see what happened just before.
      METRICS_MAX_AGE_SECONDS: '0',
      ...SETTING,
      ...env,
    },
    atEnd,
  );
  return listening(running);
}

/** Starts an application with variables that must stop it; returns what it wrote to stderr. */
export async function refusedStart(env: Record<string, string>, app: App = 'balancer'): Promise<string> {
  const ports = { DATA_PLANE_PORT: '0', CONTROL_PLANE_PORT: '0', BACKEND_PORT: '0', DASHBOARD_PORT: '0' };
  const running = launch(app, { ...ports, ...env });
  const { child } = running;
  await once(child, 'close');
  if (child.exitCode !== 1) throw new Error(`the exit code must be 1, got ${child.exitCode}`);
  return running.problems;
}

/** The addresses of a balancer, as it logs them, once it listens. */
export async function listening(running: AppProcess): Promise<Balancer> {
  const { port: controlPort, tls } = await running.logged('control plane listening');
  const { port } = await running.logged('data plane listening');
  return {
    process: running,
    url: `http://127.0.0.1:${Number(port)}`,
    port: Number(port),
    control: `${tls ? 'https' : 'http'}://127.0.0.1:${Number(controlPort)}`,
  };
}

/** Starts a reference backend that does no emulated work; it has joined when this resolves. */
export async function startBackend({ control }: Balancer, env: Record<string, string> = {}): Promise<AppProcess> {
  const running = launch('backend', { BACKEND_PORT: '0', BALANCER_URL: control, WORK_SCALE: '0', ...env });
  const { port } = await running.logged('backend listening');
  await backendIn(control, env.BACKEND_ID ?? `http://127.0.0.1:${Number(port)}`, 'up');
  return running;
}

/** Waits until the balancer sees a backend in a state; `gone` is that of a backend it does not know. */
export async function backendIn(control: string, id: string, state: string, token?: string): Promise<void> {
  await until(`${id} to be ${state}`, async () => {
    const headers = bearer(token);
    const response = await fetch(`${control}/api/v1/backends/${encodeURIComponent(id)}`, { headers });
    return response.ok ? ((await response.json()) as { state: string }).state === state : state === 'gone';
  });
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
}
