// The files a running supervisor writes for `npm run reload`: its process id, and the result of the last reload.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SupervisionError, reasonOf } from './settings.ts';

/** State of the supervisor and result of its last reload. */
export interface Status {
  /** Process ids. */
  readonly supervisor: number;
  readonly balancer: number | null;
  readonly isReloading: boolean;
  /** Number of finished reloads, successful or not. */
  readonly reloads: number;
  /** Whether the last reload succeeded. */
  readonly succeeded: boolean;
  /** The result of the last reload in a sentence. */
  readonly outcome: string;
}

/**
 * Writes both files. Each is replaced atomically, so that no reader sees half a file.
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

/** Returns the last status written; undefined when there is none. */
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

/** Renames a new file into place: a symbolic link planted in a shared folder is replaced, not followed. */
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
