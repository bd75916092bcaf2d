// `npm run reload`: has the supervisor replace its balancer, waits until it did, and says how it went.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SupervisionError, balancerEnvironment, balancerSettings, pidFileOf } from './supervision/settings.ts';
import { readStatus, type Status } from './supervision/status-file.ts';

const LOOK_AGAIN_MS = 50;

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
      `no supervisor runs that ${pidFile} tells of: start one with npm run supervise, ` +
        'or give DATA_PLANE_PORT or SUPERVISOR_PID_FILE as it has them',
    );
  }
  // One that is under way may have begun before what this one is to bring in.
  const awaited = before.reloads + (before.isReloading ? 2 : 1);
  signal(before.supervisor);
  for (;;) {
    await sleep(LOOK_AGAIN_MS);
    const status = readStatus(pidFile);
    if (status && status.supervisor === before.supervisor && status.reloads >= awaited) return status;
    if (!isSupervisor(before.supervisor)) {
      throw new SupervisionError(`supervisor ${before.supervisor} ended before the reload was over`);
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

/** A file may outlive its supervisor, and another process have its id by now: where Linux tells, that one is spared. */
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
