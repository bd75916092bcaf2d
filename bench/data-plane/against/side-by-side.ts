// One round of a comparison of builds: all run at once, and take turns of a second to serve, so that a change in the speed of
// the machine affects all of them alike.
import { writeFile } from 'node:fs/promises';
import type { Case } from '../cases.js';
import { BOTH_CORES, LOAD_CORE, moveTo } from '../pinning.js';
import { cpuTicks, ticksPerSecond } from '../proc.js';
import type { Running } from '../running.js';
import { portFor, warmUp, type Course, type Sample } from '../turn.js';
import { load, luaScript, type WrkReading } from '../wrk.js';

/**
 * Warms all of them up, then measures each for `course.seconds`, in turns of a second. CPU time while another one serves
 * counts too: some work of a request is done after its response. Latencies are the means of those of the turns.
 *
 * @throws {Error} when any request fails.
 */
export async function sideBySide(
  all: readonly Running[],
  measured: Case,
  round: number,
  course: Course,
): Promise<Sample[]> {
  const script = `${course.folder}/${measured.name}.lua`;
  await writeFile(script, luaScript(measured));
  const run = (running: Running, seconds: number) => {
    const cores = running.entry.isOnBothCores ? BOTH_CORES : LOAD_CORE;
    moveTo(cores, course.backends.pids);
    return load(measured, { port: portFor(measured, running), script, seconds, cores });
  };
  for (const running of all) {
    await warmUp(running, measured, course);
    await run(running, course.warmUpSeconds);
  }
  const before = all.map(({ process }) => cpuTicks(process.pid));
  const readings = all.map((): WrkReading[] => []);
  for (let second = 0; second < course.seconds; second++) {
    for (const at of second % 2 === 0 ? all.keys() : [...all.keys()].toReversed()) {
      readings[at].push(await run(all[at], 1));
    }
  }
  const after = all.map(({ process }) => cpuTicks(process.pid));
  moveTo(LOAD_CORE, course.backends.pids);
  return all.map(({ entry }, at) => {
    const requests = sumOf(readings[at], 'requests');
    const ticks = after[at] - before[at];
    return {
      caseName: measured.name,
      contender: entry.name,
      round,
      cpuTicks: ticks,
      cpuMicros: (ticks * 1_000_000) / ticksPerSecond() / requests,
      requests,
      requestsPerSecond: sumOf(readings[at], 'requestsPerSecond') / course.seconds,
      p50Ms: sumOf(readings[at], 'p50Ms') / course.seconds,
      p99Ms: sumOf(readings[at], 'p99Ms') / course.seconds,
    };
  });
}

function sumOf(readings: readonly WrkReading[], field: keyof WrkReading): number {
  return readings.reduce((sum, reading) => sum + reading[field], 0);
}
