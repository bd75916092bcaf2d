// What a running supervisor leaves on disk for `npm run reload`: its process id, and beside it how reloads went.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SupervisionError, reasonOf } from './settings.ts';

/** How it goes. */
export interface Status {
  /** Process ids. */
  readonly supervisor: number;
  readonly balancer: number | null;
  readonly isReloading: boolean;
  /** Reloads that are over, well or not. */
  readonly reloads: number;
  /** The last one. */
  readonly succeeded: boolean;
  /** The last one in a sentence. */
  readonly outcome: string;
}

/**
 * Writes both files. Each is replaced as a whole, so that no reader sees half of it.
 *
 * @throws {SupervisionError} when one of them cannot be written.
 */
export function writeStatus(pidFile: string, status: Status): void {
  try {
    replace(pidFile, `${status.supervisor}\n`);
    replace(statusFileOf(pidFile), `${JSON.stringify(status)}\n`);
  } catch (error) {
    throw new SupervisionError(`SUPERVISOR_PID_FILE must name a writable file, got "${pidFile}": ${reasonOf(error)}`);
  }
}

/** What the supervisor wrote last; undefined when there is none. */
export function readStatus(pidFile: string): Status | undefined {
  try {
    return JSON.parse(readFileSync(statusFileOf(pidFile), 'utf8')) as Status;
  } catch {
    return undefined;
  }
}

export function removeStatus(pidFile: string): void {
  rmSync(pidFile, { force: true });
  rmSync(statusFileOf(pidFile), { force: true });
}

function statusFileOf(pidFile: string): string {
  return `${pidFile}.status`;
}

/** A new file is moved there: a link that somebody left in a common folder is replaced and not followed. */
function replace(file: string, text: string): void {
  const fresh = `${file}.${process.pid}`;
  rmSync(fresh, { force: true });
  try {
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o644 });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
