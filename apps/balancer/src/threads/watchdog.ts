// With DATA_PLANE_THREADS=0 the main thread serves clients, and no other thread notices when it hangs: this starts one.
import { Worker } from 'node:worker_threads';
import type { LoadTable, LoadTableShape } from '@fairlead/scheduling';
import { Logger } from '@nestjs/common';
import { startHeartbeat } from './thread-watch.js';

const WATCHDOG_WORKER = new URL('./watchdog-worker.js', import.meta.url);
/** The watchdog needs little memory. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/** What the watchdog starts with. The row of the main thread is the first of the load table. */
export interface WatchdogData {
  readonly shape: LoadTableShape;
  readonly buffer: SharedArrayBuffer;
  readonly stallSeconds: number;
}

/** Starts a watchdog, which ends the process when the main thread hangs for `stallSeconds`; 0: no watchdog. */
export function startWatchdog({ shape, buffer, own }: LoadTable, stallSeconds: number): void {
  if (stallSeconds === 0) return;
  startHeartbeat(own.liveness);
  const workerData: WatchdogData = { shape, buffer, stallSeconds };
  const worker = new Worker(WATCHDOG_WORKER, { workerData, resourceLimits: RESOURCE_LIMITS });
  worker.on('error', (error) => {
    new Logger('DataPlane').error(
      `the watchdog ended, so nothing notices when the main thread hangs: ${String(error)}`,
    );
  });
  worker.unref();
}
