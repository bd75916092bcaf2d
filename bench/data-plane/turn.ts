// A turn: one contender in one case, once. Its cost is the CPU time that its processes used, as the kernel reports it.
import { writeFile } from 'node:fs/promises';
import type { Backends } from './backends/backends.js';
import type { Case } from './cases.js';
import { BOTH_CORES, LOAD_CORE, moveTo } from './pinning.js';
import { cpuTicks, ticksPerSecond } from './proc.js';
import type { Running } from './running.js';
import { load, luaScript, type WrkReading } from './wrk.js';

const SCRAPE_MS = 1_000;

/** The result of a turn. */
export interface Sample extends WrkReading {
  readonly caseName: string;
  readonly contender: string;
  readonly round: number;
  /** User and system time of the proxy, its workers and threads, during the interval, in clock ticks. */
  readonly cpuTicks: number;
  /** The same per response, microseconds. */
  readonly cpuMicros: number;
}

/** The environment of a turn. */
export interface Course {
  readonly backends: Backends;
  readonly folder: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Warms up, then measures. @throws {Error} when any request fails. */
export async function turn(running: Running, measured: Case, round: number, course: Course): Promise<Sample> {
  const { entry, process } = running;
  const port = portFor(measured, running);
  const script = `${course.folder}/${measured.name}.lua`;
  await writeFile(script, luaScript(measured));
  const cores = entry.isOnBothCores ? BOTH_CORES : LOAD_CORE;
  const run = (seconds: number) => load(measured, { port, script, seconds, cores });
  moveTo(cores, course.backends.pids);
  const stopScraping = entry.isScraped ? scrape(running.controlPort) : () => undefined;
  try {
    await run(course.warmUpSeconds);
    const before = cpuTicks(process.pid);
    const reading = await run(course.seconds);
    const ticks = cpuTicks(process.pid) - before;
    const cpuMicros = (ticks * 1_000_000) / ticksPerSecond() / reading.requests;
    return { caseName: measured.name, contender: entry.name, round, cpuTicks: ticks, cpuMicros, ...reading };
  } finally {
    stopScraping();
    moveTo(LOAD_CORE, course.backends.pids);
  }
}

/** The port of a contender for a case. @throws {Error} when the case needs TLS and the contender has no TLS port. */
export function portFor({ isSecure, title }: Case, { port, tlsPort, entry }: Running): number {
  if (!isSecure) return port;
  if (tlsPort === undefined) throw new Error(`${entry.title} was started without TLS, which ${title} needs`);
  return tlsPort;
}

/** Responses after which just-in-time compiled code is assumed to be compiled. */
const WARM_RESPONSES = 20_000;
const MAX_WARM_UP_SECONDS = 30;

/** Puts load on a contender that was just started, until it runs at its steady state. */
export async function warmUp(running: Running, usual: Case, { folder }: Pick<Course, 'folder'>): Promise<void> {
  const port = portFor(usual, running);
  const script = `${folder}/warm-up.lua`;
  await writeFile(script, luaScript(usual));
  const seconds = 2;
  for (let passed = 0, responses = 0; passed < MAX_WARM_UP_SECONDS && responses < WARM_RESPONSES; passed += seconds) {
    responses += (await load(usual, { port, script, seconds, cores: LOAD_CORE })).requests;
  }
}

/** Scrapes Fairlead's metrics like Prometheus, but more often. */
function scrape(controlPort: number): () => void {
  const read = () =>
    fetch(`http://127.0.0.1:${controlPort}/metrics`).then(
      (response) => response.text(),
      () => undefined,
    );
  const timer = setInterval(() => void read(), SCRAPE_MS);
  return () => clearInterval(timer);
}
