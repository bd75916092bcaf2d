// The built dashboard as a process, on a free port.
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { AppProcess, commandOf } from '../support/processes.js';

export interface Dashboard {
  readonly process: AppProcess;
  readonly url: string;
  /** Sends SIGTERM and resolves with how the process ended. */
  stop(): Promise<{ code: number | null; signal: string | null }>;
}

/** Starts it beside a balancer and waits until it listens. */
export async function startDashboard(balancerUrl: string, env: Record<string, string> = {}): Promise<Dashboard> {
  const dashboard = launchDashboard({ BALANCER_URL: balancerUrl, REFRESH_INTERVAL_SECONDS: '0.05', ...env });
  const { port, tls } = await dashboard.logged('dashboard listening');
  return {
    process: dashboard,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${Number(port)}`,
    async stop() {
      await dashboard.stop();
      return { code: dashboard.child.exitCode, signal: dashboard.child.signalCode };
    },
  };
}

/** Starts it with settings that end it, and resolves with its exit code and what it wrote to stderr. */
export async function runDashboard(environment: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const dashboard = launchDashboard(environment);
  const [code] = (await once(dashboard.child, 'close')) as [number];
  return { code, stderr: dashboard.problems };
}

/** In another working directory than the repository, as it must not depend on that. */
export function launchDashboard(environment: Record<string, string>): AppProcess {
  return new AppProcess('the dashboard', commandOf('dashboard'), {
    cwd: tmpdir(),
    env: { DASHBOARD_PORT: '0', DASHBOARD_HOST: '127.0.0.1', LOG_FORMAT: 'json', ...environment },
  });
}
