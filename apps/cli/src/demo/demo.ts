// `fairlead demo`: the balancer, three backends of different shape and the dashboard, in one terminal.
import type { Environment } from '@fairlead/configuration';
import { portsOf } from '../processes/app-process.js';
import { portProblems } from '../processes/free-ports.js';
import { jsonOutput, prettyOutput, type ProcessOutput } from '../processes/process-output.js';
import { RunningProcesses } from '../processes/running-processes.js';
import { demoFleet, type DemoFleet } from './demo-fleet.js';
import { readySummary, summaryBox } from './ready-summary.js';
import { whenBackendsUp, whenReady } from './readiness.js';

/** The flags of the command. */
export interface DemoOptions {
  /** Added to every port. */
  readonly portOffset: number;
}

/**
 * Runs the demo until Ctrl-C. Resolves with the exit code.
 *
 * @throws {Error} with a sentence when a port is in use.
 */
export async function demo({ portOffset }: DemoOptions, environment: Environment): Promise<number> {
  const fleet = demoFleet(portOffset, environment);
  const all = [fleet.balancer, ...fleet.backends, fleet.dashboard];
  const problems = await portProblems(all.flatMap(portsOf));
  if (problems.length > 0) {
    throw new Error(`${problems.join('\n')}\nStop what listens there, or add a number to all ports: --port-offset 100`);
  }
  const output = environment.LOG_FORMAT === 'json' ? jsonOutput('demo') : prettyOutput(all);
  const processes = new RunningProcesses(output);
  void startInOrder(fleet, processes, { output, environment });
  return processes.whenEnded();
}

/** The backends and the dashboard start when the balancer responds, so that none of them warns that it does not. */
async function startInOrder(
  fleet: DemoFleet,
  processes: RunningProcesses,
  { output, environment }: { readonly output: ProcessOutput; readonly environment: Environment },
): Promise<void> {
  const { balancer, backends, dashboard } = fleet;
  const control = `http://127.0.0.1:${balancer.env.CONTROL_PLANE_PORT}`;
  const page = `http://127.0.0.1:${dashboard.env.DASHBOARD_PORT}`;
  const isOver = () => processes.isOver;
  processes.start([balancer]);
  try {
    await whenReady(`${control}/health/live`, isOver);
    if (isOver()) return;
    processes.start([...backends, dashboard]);
    await Promise.all([
      whenReady(`${control}/health/ready`, isOver),
      whenReady(`${page}/health/ready`, isOver),
      whenBackendsUp(control, backends.length, isOver),
    ]);
    if (isOver()) return;
    const summary = await readySummary(fleet, control, environment);
    output.say('info', 'Fairlead is up', { text: summaryBox(summary), fields: summary });
  } catch (error) {
    processes.fail((error as Error).message);
  }
}
