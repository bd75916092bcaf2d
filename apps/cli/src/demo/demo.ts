// `fairlead demo`: one or several balancers, three backends of different shape and the dashboard, in one terminal.
import type { Environment } from '@fairlead/configuration';
import { portsOf } from '../processes/app-process.js';
import { portProblems } from '../processes/free-ports.js';
import { jsonOutput, prettyOutput, type ProcessOutput } from '../processes/process-output.js';
import { RunningProcesses } from '../processes/running-processes.js';
import { controlOf, demoFleet, type DemoFleet } from './demo-fleet.js';
import { DemoRegistry } from './demo-registry.js';
import { readySummary, summaryBox } from './ready-summary.js';
import { whenBackendsUp, whenReady } from './readiness.js';

/** The flags of the command. */
export interface DemoOptions {
  /** Added to every port. */
  readonly portOffset: number;
  /** How many balancers serve the fleet. */
  readonly balancers: number;
}

/**
 * Runs the demo until Ctrl-C. Resolves with the exit code.
 *
 * @throws {Error} with a sentence when a port is in use, or when there are several balancers and no Redis server.
 */
export async function demo({ portOffset, balancers }: DemoOptions, environment: Environment): Promise<number> {
  const registry = balancers > 1 ? await DemoRegistry.prepare(environment) : undefined;
  const fleet = demoFleet({ offset: portOffset, balancers, registry: registry?.url }, environment);
  const all = [...fleet.balancers, ...fleet.backends, fleet.dashboard];
  const problems = await portProblems(all.flatMap(portsOf));
  if (problems.length > 0) {
    throw new Error(`${problems.join('\n')}\nStop what listens there, or add a number to all ports: --port-offset 100`);
  }
  const output = environment.LOG_FORMAT === 'json' ? jsonOutput('demo') : prettyOutput(all);
  const processes = new RunningProcesses(output);
  void startInOrder(fleet, processes, { output, environment, registry });
  return processes.whenEnded();
}

/** What is started with. */
interface Surroundings {
  readonly output: ProcessOutput;
  readonly environment: Environment;
  readonly registry: DemoRegistry | undefined;
}

/** The backends and the dashboard start when the balancers respond, so that none of them warns that they do not. */
async function startInOrder(
  fleet: DemoFleet,
  processes: RunningProcesses,
  { output, environment, registry }: Surroundings,
): Promise<void> {
  const { balancers, backends, dashboard } = fleet;
  const controls = balancers.map(controlOf);
  const page = `http://127.0.0.1:${dashboard.env.DASHBOARD_PORT}`;
  const isOver = () => processes.isOver;
  try {
    if (registry) processes.start([registry.process]);
    await registry?.whenListening(isOver);
    if (isOver()) return;
    processes.start(balancers);
    await Promise.all(controls.map((control) => whenReady(`${control}/health/live`, isOver)));
    if (isOver()) return;
    processes.start([...backends, dashboard]);
    await Promise.all([
      ...controls.map((control) => whenReady(`${control}/health/ready`, isOver)),
      whenReady(`${page}/health/ready`, isOver),
      ...controls.map((control) => whenBackendsUp(control, backends.length, isOver)),
    ]);
    if (isOver()) return;
    const summary = await readySummary(fleet, registry?.url, environment);
    output.say('info', 'Fairlead is up', { text: summaryBox(summary), fields: summary });
  } catch (error) {
    processes.fail((error as Error).message);
  }
}
