// Which core does what. The proxy has one core to itself; load, backends and this program share the other.
import { execFileSync } from 'node:child_process';

/** The core of a proxy with one thread. */
export const PROXY_CORE = '0';
/** The core of everybody else. */
export const LOAD_CORE = '1';
/** For a proxy with two threads: it and everybody else may use both. */
export const BOTH_CORES = '0,1';

/** A command, and its arguments. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command on these cores. It gets SIGTERM from the kernel when this program dies, however it does. Both wrappers
 * replace themselves, so the process id is the command's own.
 */
export function pinned(cores: string, { command, args }: Command): Command {
  return { command: 'setpriv', args: ['--pdeathsig', 'TERM', 'taskset', '-c', cores, command, ...args] };
}

/** Moves running processes, with all their threads. */
export function moveTo(cores: string, pids: readonly number[]): void {
  for (const pid of pids) execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
}
