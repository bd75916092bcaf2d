// A turn: one contender, one case, once. What it costs is what the kernel says its processes used of the CPU meanwhile.
import { writeFile } from 'node:fs/promises';
import type { Backends } from './backends/backends.js';
import type { Case } from './cases.js';
import { BOTH_CORES, LOAD_CORE, moveTo } from './pinning.js';
import { cpuTicks, ticksPerSecond } from './proc.js';
import type { Running } from './running.js';
import { load, luaScript, type WrkReading } from './wrk.js';

const SCRAPE_MS = 1_000;

/** What came of a turn. */
export interface Sample extends WrkReading {
  readonly caseName: string;
  readonly contender: string;
  readonly round: number;
  /** User and system time of the proxy, its workers and threads, during the interval, in clock ticks. */
  readonly cpuTicks: number;
  /** The same for one answer, microseconds. */
  readonly cpuMicros: number;
}

/** Where a turn takes place. */
export interface Course {
  readonly backends: Backends;
  readonly folder: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Warms up, measures. @throws {Error} when any request failed. */
export async function turn(running: Running, measured: Case, round: number, course: Course): Promise<Sample> {
  const { entry, port, process } = running;
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

/** Answers after which code that is compiled as it runs is taken to be compiled. */
const WARM_ANSWERS = 20_000;
const LONGEST_WARM_UP_SECONDS = 30;

/** Puts load on a contender that was just started, until it runs as it will run from then on. */
export async function warmUp({ port }: Running, usual: Case, { folder }: Pick<Course, 'folder'>): Promise<void> {
  const script = `${folder}/warm-up.lua`;
  await writeFile(script, luaScript(usual));
  const seconds = 2;
  for (let passed = 0, answers = 0; passed < LONGEST_WARM_UP_SECONDS && answers < WARM_ANSWERS; passed += seconds) {
    answers += (await load(usual, { port, script, seconds, cores: LOAD_CORE })).requests;
  }
}

/** Reads Fairlead's metrics as Prometheus does, more often than it usually does. */
function scrape(controlPort: number): () => void {
  const read = () =>
    fetch(`http://127.0.0.1:${controlPort}/metrics`).then(
      (response) => response.text(),
      () => undefined,
    );
  const timer = setInterval(() => void read(), SCRAPE_MS);
  return () => clearInterval(timer);
}
