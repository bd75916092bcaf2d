// `npm run bench:cluster`: what sharing a fleet costs. 1,000 backends renew their leases at 8 balancers, which share one
// redis-server; counted are the commands at the server and the CPU time of the balancers. `--help` lists the flags.
//
// CPU time of the whole process, user and system, from /proc/PID/stat. Of it is subtracted what a balancer with a registry of
// its own uses that knows as many backends and gets as many renewals over HTTP. The rest is what sharing costs: following
// the changes of others, storing renewals, heartbeats, looking for lapsed leases, and reading everything again. Pings are
// so rare in both that none falls into the time that is measured.
import Table from 'cli-table3';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { missingMessage, pathOf } from '../../scripts/programs.js';
import { startRedis } from '../../test/processes/redis-server.js';
import { reservePorts } from '../../test/processes/ports.js';
import { until } from '../../test/processes/until.js';
import { OwnProcess, stopAll } from '../contenders/processes.js';
import { BALANCER } from '../contenders/fairlead.js';
import { cpuTicks, ticksPerSecond } from '../data-plane/proc.js';
import { executed, parseCommandStats, sent, type CommandCounts } from './command-stats.js';
import { registerAll, startPingTarget, startRenewals, type Registered } from './leases.js';

const HELP = `What sharing a fleet costs: commands per second at Redis, and CPU time of each balancer.

  npm run build && npm run bench:cluster -- [flags]

  --backends N    1000 by default, at most 1024
  --balancers N   8 by default
  --seconds N     how long to measure, 65 by default: once every 60 s each balancer reads everything again
  --help          this text

It fails when a bar is missed. A run takes about three minutes.
`;

const LEASE_SECONDS = 30;
/** What a balancer asks backends for. */
const RENEW_EVERY_SECONDS = LEASE_SECONDS / 3;
const WARM_UP_MS = 10_000;
const MAX_COMMANDS_PER_SECOND = 500;
const MAX_CPU = 0.02;

interface Balancer {
  readonly process: OwnProcess;
  readonly control: string;
}

/** What one run cost. */
interface Cost {
  readonly seconds: number;
  readonly renewals: number;
  /** Of each balancer, cores. */
  readonly cpu: readonly number[];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
// Where it has failed, renewals go on.
process.exit();

async function main(args: string[]): Promise<number> {
  const flag = { type: 'string' } as const;
  const options = { backends: flag, balancers: flag, seconds: flag, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const backends = wholeNumber('--backends', values.backends, 1_000, 1_024);
  const balancers = wholeNumber('--balancers', values.balancers, 8, 64);
  const seconds = wholeNumber('--seconds', values.seconds, 65, 3_600);
  const redis = pathOf('redis-server');
  if (redis === undefined) throw new Error(missingMessage(['redis-server']));
  const cleanups: (() => Promise<void> | void)[] = [];
  const atEnd = (cleanup: () => Promise<void> | void) => void cleanups.push(cleanup);
  try {
    const port = await startPingTarget(atEnd);
    const load = loadavg()[0].toFixed(1);
    const share = Math.ceil(backends / balancers);
    const alone = await measureAlone({ backends, share, seconds, port });
    const { cost, counts, redisCpu } = await measureShared({ redis, backends, balancers, seconds, port, atEnd });
    return report({ backends, balancers, load, alone, cost, counts, redisCpu });
  } finally {
    await stopAll();
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

/** A balancer with a registry of its own that knows all backends, and gets the renewals of its part of them. */
async function measureAlone(run: { backends: number; share: number; seconds: number; port: number }): Promise<Cost> {
  const { backends, share, seconds, port } = run;
  const balancer = await startBalancer({});
  const controls = [balancer.control];
  await registerAll(controls, { from: share, count: backends - share, leaseSeconds: undefined }, port);
  const leased = await registerAll(controls, { from: 0, count: share, leaseSeconds: LEASE_SECONDS }, port);
  const renewals = startRenewals(leased, RENEW_EVERY_SECONDS);
  const cost = await costOf([balancer], seconds, renewals);
  await balancer.process.stop();
  return cost;
}

async function measureShared(run: {
  redis: string;
  backends: number;
  balancers: number;
  seconds: number;
  port: number;
  atEnd: (cleanup: () => Promise<void> | void) => void;
}): Promise<{ cost: Cost; counts: CommandCounts; redisCpu: number }> {
  const { redis, seconds, port } = run;
  const server = await startRedis(redis, [], { atEnd: run.atEnd });
  const balancers: Balancer[] = [];
  for (let i = 1; i <= run.balancers; i++) {
    balancers.push(await startBalancer({ REGISTRY_URL: server.url, BALANCER_ID: `balancer-${i}` }));
  }
  const group = { from: 0, count: run.backends, leaseSeconds: LEASE_SECONDS };
  const controls = balancers.map(({ control }) => control);
  const startMs = performance.now();
  // From the first one on: registering all takes longer than a lease on a busy machine.
  const registered: Registered[] = [];
  const renewals = startRenewals(registered, RENEW_EVERY_SECONDS);
  await registerAll(controls, group, port, registered);
  const tookSeconds = (performance.now() - startMs) / 1_000;
  process.stderr.write(`${run.backends} backends registered in ${tookSeconds.toFixed(1)} s\n`);
  for (const { control } of balancers) {
    let known = NaN;
    const isComplete = async () => (known = await knownAt(control)) === run.backends;
    await until(`${control} to know all backends`, isComplete).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it knows ${known}`, { cause: error });
    });
  }
  let redisTicks = 0;
  const pid = server.process.pid;
  const cost = await costOf(balancers, seconds, renewals, async () => {
    await server.command('CONFIG', 'RESETSTAT');
    redisTicks = cpuTicks(pid);
  });
  const redisCpu = (cpuTicks(pid) - redisTicks) / ticksPerSecond() / cost.seconds;
  const counts = parseCommandStats(String(await server.command('INFO', 'commandstats')));
  for (const { control } of balancers) {
    const known = await knownAt(control);
    if (known !== run.backends) throw new Error(`${control} knows ${known} of ${run.backends} backends at the end`);
  }
  return { cost, counts, redisCpu };
}

/** Measures after a warm-up. `onStart` is called when that is over. */
async function costOf(
  balancers: readonly Balancer[],
  seconds: number,
  renewals: { stop: () => Promise<number> },
  onStart: () => Promise<void> = () => Promise.resolve(),
): Promise<Cost> {
  await sleep(WARM_UP_MS);
  await onStart();
  const startMs = performance.now();
  const before = balancers.map(({ process }) => cpuTicks(process.pid));
  await sleep(seconds * 1_000);
  const took = (performance.now() - startMs) / 1_000;
  const cpu = balancers.map(({ process }, i) => (cpuTicks(process.pid) - before[i]) / ticksPerSecond() / took);
  return { seconds: took, renewals: await renewals.stop(), cpu };
}

async function startBalancer(variables: Readonly<Record<string, string>>): Promise<Balancer> {
  const [port, controlPort] = await reservePorts(2);
  const env = {
    DATA_PLANE_HOST: '127.0.0.1',
    DATA_PLANE_PORT: String(port),
    CONTROL_PLANE_HOST: '127.0.0.1',
    CONTROL_PLANE_PORT: String(controlPort),
    REGISTRY_FILE: 'none',
    REGISTRATIONS_PER_MINUTE: '0',
    NEW_BACKENDS_PER_MINUTE: '0',
    MAX_BACKENDS_PER_ADDRESS: '0',
    PING_ACK_INTERVAL_SECONDS: '86400',
    SWAGGER: 'false',
    LOG_LEVEL: 'error',
    ...variables,
  };
  const process = OwnProcess.start('fairlead', globalThis.process.execPath, [BALANCER], env);
  await process.listening(controlPort);
  return { process, control: `http://127.0.0.1:${controlPort}` };
}

async function knownAt(control: string): Promise<number> {
  const response = await fetch(`${control}/api/v1/backends`);
  return ((await response.json()) as { backends: readonly unknown[] }).backends.length;
}

function report(run: {
  backends: number;
  balancers: number;
  load: string;
  alone: Cost;
  cost: Cost;
  counts: CommandCounts;
  redisCpu: number;
}): number {
  const { backends, balancers, load, alone, cost, counts, redisCpu } = run;
  const perSecond = executed(counts) / cost.seconds;
  const [own] = alone.cpu;
  const extra = cost.cpu.map((each) => each - own);
  const mean = extra.reduce((sum, each) => sum + each, 0) / extra.length;
  const verdict = (isMet: boolean) => (isMet ? 'reached' : 'MISSED');
  const table = new Table({ head: ['', 'measured', 'bar', ''], style: { head: [], border: [] } });
  table.push(
    [
      'commands per second at Redis, those in scripts included',
      perSecond.toFixed(0),
      `≤ ${MAX_COMMANDS_PER_SECOND}`,
      verdict(perSecond <= MAX_COMMANDS_PER_SECOND),
    ],
    ['of these, sent by balancers', (sent(counts) / cost.seconds).toFixed(0), '', ''],
    ['CPU of a balancer for sharing, mean', percent(mean), `≤ ${percent(MAX_CPU)}`, verdict(mean <= MAX_CPU)],
    ['the same, the balancer that uses most', percent(Math.max(...extra)), '', ''],
    ['CPU of a balancer in the cluster, mean', percent(mean + own), '', ''],
    ['CPU of a balancer with a registry of its own', percent(own), '', ''],
    ['CPU of Redis', percent(redisCpu), '', ''],
  );
  const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([name, calls]) => `${name} ${rate(calls, cost)}`);
  process.stdout.write(
    `${backends} backends, leases of ${LEASE_SECONDS} s, ${balancers} balancers, ${cost.seconds.toFixed(0)} s, ` +
      `load average before it ${load}\n${table.toString()}\ncommands per second: ${kinds.join(', ')}\n`,
  );
  return perSecond <= MAX_COMMANDS_PER_SECOND && mean <= MAX_CPU ? 0 : 1;
}

function rate(calls: number, { seconds }: Cost): string {
  return (calls / seconds).toFixed(1);
}

function percent(cores: number): string {
  return `${(100 * cores).toFixed(2)} % of a core`;
}

function wholeNumber(name: string, text: string | undefined, usual: number, most: number): number {
  const number = text === undefined ? usual : Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new RangeError(`${name} must be a whole number from 1 to ${most}, got "${text}"`);
}
