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
const LARGEST_OFFSET = 50_000;

const READY_TIMEOUT_MS = 30_000;

const HELP = `Starts the balancer, three backends and the dashboard; Ctrl-C ends all of it.

  npm start
  npm start -- --port-offset 100    every port 100 higher, for when one of them is taken
`;

process.exit(await main());

async function main(): Promise<number> {
  const offset = readOffset();
  if (typeof offset === 'string') return complain(offset, offset === HELP ? 0 : 1);
  const processes = demoProcesses(offset);
  const taken = await takenPorts(processes);
  if (taken.length > 0) {
    const sentences = taken.map(({ port, of }) => `port ${port}, for ${of}, is taken on this machine`);
    return complain(`${sentences.join('\n')}\nEnd what listens there, or try: npm start -- --port-offset 100\n`, 1);
  }
  return run(processes);
}

function readOffset(): number | string {
  try {
    const options = { 'port-offset': { type: 'string', default: '0' }, help: { type: 'boolean', short: 'h' } } as const;
    const { values } = parseArgs({ options });
    if (values.help) return HELP;
    const offset = /^\d{1,5}$/.test(values['port-offset']) ? Number(values['port-offset']) : NaN;
    if (offset <= LARGEST_OFFSET) return offset;
    return `--port-offset must be a whole number from 0 to ${LARGEST_OFFSET}, got "${values['port-offset']}"\n`;
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
 * Each process in a group of its own: Ctrl-C then reaches only this script, which ends the others in order. No shell
 * stands between, so signals arrive.
 */
function spawnApp(app: string, options: SpawnOptions) {
  return spawn(process.execPath, [`dist/apps/${app}/src/main.js`], { ...options, cwd: ROOT, detached: true });
}

/** Waits until every backend is in traffic and the page is served, then says what there is to see. */
async function announce(processes: readonly DemoProcess[], demo: RunningDemo): Promise<void> {
  const address = (name: string) =>
    `http://localhost:${processes.flatMap(portsOf).find(({ of }) => of === name)?.port}`;
  const [clients, control, page] = ['clients', 'the control plane', 'dashboard'].map(address);
  const backends = processes.filter(({ app }) => app === 'backend').length;
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!((await backendsUp(control)) === backends && (await answers(`${page}/health/live`)))) {
    if (demo.isOver) return;
    if (performance.now() > deadline) {
      process.stderr.write(`\nNot everything is up after ${READY_TIMEOUT_MS / 1000} s; the log above tells why.\n`);
      return;
    }
    await sleep(100);
  }
  if (demo.isOver) return;
  process.stdout.write(`
Fairlead is up, with ${backends} backends.

  send requests    ${clients}          try: curl -i ${clients}/
  watch            ${page}          the dashboard
  look up          ${control}/docs     the API, and ${control}/api/v1/metrics

  In another terminal: npm run spam      puts load on it and prints who served what.
  Ctrl-C ends all of it.

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

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
