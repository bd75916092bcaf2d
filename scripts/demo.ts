// `npm start`: the balancer, three backends of different shape and the dashboard, in one terminal. Expects a build.
import { spawn, type SpawnOptions } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createConcurrently, Logger, LogError, LogOutput } from 'concurrently';
import { demoProcesses, portsOf, type DemoProcess } from './demo-fleet.ts';
import { RunningDemo } from './running-demo.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_OFFSET = 50_000;

const READY_TIMEOUT_MS = 30_000;

const HELP = `Starts the balancer, three backends and the dashboard; Ctrl-C stops all of them.

  npm start
  npm start -- --port-offset 100    adds 100 to every port, in case one is in use
`;

process.exit(await main());

async function main(): Promise<number> {
  const offset = readOffset();
  if (typeof offset === 'string') return complain(offset, offset === HELP ? 0 : 1);
  const processes = demoProcesses(offset);
  const taken = await takenPorts(processes);
  if (taken.length > 0) {
    const sentences = taken.map(({ port, of }) => `port ${port} (${of}) is already in use`);
    return complain(
      `${sentences.join('\n')}\nStop the process that listens there, or run: npm start -- --port-offset 100\n`,
      1,
    );
  }
  return run(processes);
}

function readOffset(): number | string {
  try {
    const options = { 'port-offset': { type: 'string', default: '0' }, help: { type: 'boolean', short: 'h' } } as const;
    const { values } = parseArgs({ options });
    if (values.help) return HELP;
    const offset = /^\d{1,5}$/.test(values['port-offset']) ? Number(values['port-offset']) : NaN;
    if (offset <= MAX_OFFSET) return offset;
    return `--port-offset must be a whole number from 0 to ${MAX_OFFSET}, got "${values['port-offset']}"\n`;
  } catch (error) {
    return `${(error as Error).message}\n`;
  }
}

function complain(text: string, exitCode: number): number {
  (exitCode === 0 ? process.stdout : process.stderr).write(text);
  return exitCode;
}

async function takenPorts(processes: readonly DemoProcess[]) {
  const ports = processes.flatMap(portsOf);
  const isFree = await Promise.all(ports.map(({ port }) => canListen(port)));
  return ports.filter((_, i) => !isFree[i]);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

async function run(processes: readonly DemoProcess[]): Promise<number> {
  const logger = new Logger({ prefixFormat: 'name', hide: [] });
  logger.setPrefixLength(Math.max(...processes.map(({ name }) => name.length)));
  const { commands, result } = createConcurrently(
    processes.map(({ name, app, env, color }) => ({ name, command: app, env, prefixColor: color })),
    {
      logger,
      spawn: spawnApp,
      kill: (pid, signal) => void process.kill(pid, signal),
      outputStream: process.stdout,
      controllers: [new LogError({ logger }), new LogOutput({ logger })],
    },
  );
  const demo = new RunningDemo(commands);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void demo.stop());
  for (const command of commands) command.close.subscribe((event) => demo.closed(event));
  void announce(processes, demo);
  await result.catch(() => undefined);
  return demo.exitCode;
}

/**
 * Starts each process in its own process group: Ctrl-C then reaches only this script, which stops the others in order.
 * There is no shell in between, so signals reach the process.
 */
function spawnApp(app: string, options: SpawnOptions) {
  return spawn(process.execPath, [`dist/apps/${app}/src/main.js`], { ...options, cwd: ROOT, detached: true });
}

/** Waits until every backend is up and the dashboard responds, then prints the addresses. */
async function announce(processes: readonly DemoProcess[], demo: RunningDemo): Promise<void> {
  const address = (name: string) =>
    `http://localhost:${processes.flatMap(portsOf).find(({ of }) => of === name)?.port}`;
  const [clients, control, page] = ['clients', 'the control plane', 'dashboard'].map(address);
  const backends = processes.filter(({ app }) => app === 'backend').length;
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!((await backendsUp(control)) === backends && (await responds(`${page}/health/live`)))) {
    if (demo.isOver) return;
    if (performance.now() > deadline) {
      process.stderr.write(`\nThe demo is not ready after ${READY_TIMEOUT_MS / 1000} s; see the log above.\n`);
      return;
    }
    await sleep(100);
  }
  if (demo.isOver) return;
  process.stdout.write(`
Fairlead is up, with ${backends} backends.

  send requests    ${clients}          try: curl -i ${clients}/
  watch            ${page}          the dashboard
  look up          ${control}/docs     the API; metrics: ${control}/api/v1/metrics

  In another terminal: npm run spam      sends load and prints the share of each backend.
  Ctrl-C stops all of them.

`);
}

async function backendsUp(control: string): Promise<number> {
  try {
    const response = await fetch(`${control}/api/v1/metrics`);
    return ((await response.json()) as { fleet: { up: number } }).fleet.up;
  } catch {
    return 0;
  }
}

async function responds(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
