// `fairlead start`: one application in this process, or all of them beside each other.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Environment } from '@fairlead/configuration';
import { scriptOf, type App, type AppProcess } from '../processes/app-process.js';
import { accepts } from '../processes/free-ports.js';
import { jsonOutput, prettyOutput } from '../processes/process-output.js';
import { RunningProcesses } from '../processes/running-processes.js';

/** How long the others wait for the balancer. They would only warn that it does not respond yet. */
const BALANCER_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/**
 * Runs an application in this process, so that signals, sockets and the exit code are its own. It reads `args` as its
 * command line.
 */
export async function startApp(app: App, args: readonly string[]): Promise<void> {
  const script = scriptOf(app);
  process.argv = [process.argv[0], script, ...args];
  await import(pathToFileURL(script).href);
}

/** Runs the three applications with the variables of the shell until a signal. Resolves with the exit code. */
export function startAll(config: string | undefined, environment: Environment): Promise<number> {
  const balancer: AppProcess = {
    name: 'balancer',
    app: 'balancer',
    env: config === undefined ? {} : { FAIRLEAD_CONFIG: config },
    color: 'cyan',
  };
  const port = Number(environment.CONTROL_PLANE_PORT || 9797);
  const env = { BALANCER_URL: environment.BALANCER_URL || `http://127.0.0.1:${port}` };
  const others: readonly AppProcess[] = [
    { name: 'backend', app: 'backend', env, color: 'green' },
    { name: 'dashboard', app: 'dashboard', env, color: 'blue' },
  ];
  const output = environment.LOG_FORMAT === 'json' ? jsonOutput('start') : prettyOutput([balancer, ...others]);
  const processes = new RunningProcesses(output);
  processes.start([balancer]);
  void whenListening(port, () => processes.isOver).then(() => processes.isOver || processes.start(others));
  return processes.whenEnded();
}

async function whenListening(port: number, isOver: () => boolean): Promise<void> {
  const deadline = performance.now() + BALANCER_TIMEOUT_MS;
  while (!isOver() && performance.now() < deadline && !(await accepts(port))) await sleep(POLL_MS);
}
