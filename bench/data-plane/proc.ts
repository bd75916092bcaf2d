// Reads /proc (proc(5)): CPU time, memory and parents of processes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The fields of /proc/PID/stat that the benchmark needs. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all threads, in clock ticks. */
  readonly ticks: number;
}

/** Parses a line of /proc/PID/stat. The second field, a name in parentheses, may contain spaces and parentheses. */
export function parseStat(line: string): ProcessStat {
  const [parent, utime, stime] = [4, 14, 15].map((field) => {
    const afterName = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return Number(afterName[field - 3]);
  });
  return { pid: Number.parseInt(line, 10), parent, ticks: utime + stime };
}

/** A process and all its descendants, selected from all processes. */
export function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const children = all.filter(({ parent, pid }) => parent === root && pid !== root);
  return [...all.filter(({ pid }) => pid === root), ...children.flatMap(({ pid }) => treeOf(pid, all))];
}

/** VmRSS in the text of /proc/PID/status, KiB. */
export function parseResidentKib(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** Clock ticks per second. */
export function ticksPerSecond(): number {
  return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

/** CPU time that a running process and its descendants have used so far, ticks. */
export function cpuTicks(root: number): number {
  return familyOf(root).reduce((sum, { ticks }) => sum + ticks, 0);
}

/** Resident memory of a process and its descendants, KiB. Shared memory counts for each process. */
export function residentKib(root: number): number {
  return familyOf(root).reduce((sum, { pid }) => sum + parseResidentKib(read(`/proc/${pid}/status`) ?? ''), 0);
}

/** The ids of a process and its descendants. */
export function familyIds(root: number): number[] {
  return familyOf(root).map(({ pid }) => pid);
}

function familyOf(root: number): ProcessStat[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => read(`/proc/${pid}/stat`));
  return treeOf(
    root,
    lines.filter((line) => line !== undefined).map((line) => parseStat(line)),
  );
}

/** Undefined when the process has exited in the meantime. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
