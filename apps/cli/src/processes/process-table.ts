// Reads from /proc which processes run. Other systems than Linux have none there.
import { readdirSync, readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from './proc-files.js';

/** All processes of this machine, or of this container. */
export function readProcesses(): ProcessStat[] {
  return ifReadable(() => readdirSync('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ifReadable(() => [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))]));
}

/** Nothing for a process that has just ended, or belongs to another user, and for a file that this system does not have. */
export function ifReadable<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
