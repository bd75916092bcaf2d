// CPU pinning. The proxy has one core to itself; load generator, backends and this program share the other.
import { execFileSync } from 'node:child_process';

/** The core of a proxy with one thread. */
export const PROXY_CORE = '0';
/** The core of the load generator, the backends and this program. */
export const LOAD_CORE = '1';
/** For a proxy with two threads: all processes may use both cores. */
export const BOTH_CORES = '0,1';

/** A command, and its arguments. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command, pinned to these cores. The kernel sends it SIGTERM when this program dies for any reason. Both wrappers
 * exec, so the process id is that of the command.
 */
export function pinned(cores: string, { command, args }: Command): Command {
  return { command: 'setpriv', args: ['--pdeathsig', 'TERM', 'taskset', '-c', cores, command, ...args] };
}

/** Moves running processes, with all their threads. */
export function moveTo(cores: string, pids: readonly number[]): void {
  for (const pid of pids) execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
}
