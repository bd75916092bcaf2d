// A process group: a command, and what it has started without a group of its own.
import { readProcesses } from './process-table.js';

/** Sends a signal to each process of a group, or none with 0. Returns false if there is no process that it could go to. */
export function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-id, signal);
  } catch {
    return false;
  }
}

/** Whether a process of the group runs. */
export function runsAny(id: number): boolean {
  if (!signalGroup(id, 0)) return false;
  // For the kernel, a process that has ended is in its group until its parent has taken notice. What is left of a group
  // gets process 1 as its parent, which in a container may be this process, and Node takes no notice.
  const processes = readProcesses();
  return processes.length === 0 || processes.some(({ group, state }) => group === id && !ENDED_STATES.has(state));
}

/** Zombie, and dead. */
const ENDED_STATES = new Set(['Z', 'X']);
