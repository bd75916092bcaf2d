// `npm run reload`: asks the supervisor to replace its balancer, waits for the result and prints it.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SupervisionError, balancerEnvironment, balancerSettings, pidFileOf } from './supervision/settings.ts';
import { readStatus, type Status } from './supervision/status-file.ts';

const POLL_INTERVAL_MS = 50;

process.exit(await main());

async function main(): Promise<number> {
  try {
    const { succeeded, outcome } = await reload();
    process.stdout.write(`${outcome}\n`);
    return succeeded ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SupervisionError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function reload(): Promise<Status> {
  const settings = await balancerSettings(balancerEnvironment(process.env));
  const pidFile = pidFileOf(process.env, settings.DATA_PLANE_PORT);
  const before = readStatus(pidFile);
  if (!before || !isSupervisor(before.supervisor)) {
    throw new SupervisionError(
      `no running supervisor found by ${pidFile}: start one with npm run supervise, ` +
        'or set DATA_PLANE_PORT or SUPERVISOR_PID_FILE to its value',
    );
  }
  // A reload in progress may have started before the change that this one is for, so wait for the one after it.
  const awaited = before.reloads + (before.isReloading ? 2 : 1);
  signal(before.supervisor);
  for (;;) {
    await sleep(POLL_INTERVAL_MS);
    const status = readStatus(pidFile);
    if (status && status.supervisor === before.supervisor && status.reloads >= awaited) return status;
    if (!isSupervisor(before.supervisor)) {
      throw new SupervisionError(`supervisor ${before.supervisor} ended before the reload was complete`);
    }
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP');
  } catch (error) {
    throw new SupervisionError(`supervisor ${pid} cannot be signalled: ${(error as Error).message}`);
  }
}

/** Checks the command line where Linux shows it: a stale file may hold the id of another process, which must not be signalled. */
function isSupervisor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervise.ts');
  } catch {
    return process.platform !== 'linux' && isRunning(pid);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
