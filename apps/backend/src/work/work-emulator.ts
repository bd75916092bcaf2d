// Emulates the work of jobs: one station per resource, visited in order, and the totals of the work done.
import { Inject, Injectable } from '@nestjs/common';
import { backendConfig, type BackendConfig } from '../config/backend.config.js';
import type { Demand } from './demand.js';
import { Station, type StationClock, type StationTimer } from './station.js';

/** The work done since the start: jobs, and units of each resource. */
export interface Totals extends Demand {
  readonly requests: number;
}

/** Node fires a timer with a longer delay at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const monotonicClock: StationClock = () => performance.now() / 1000;

/** Rounds up to whole milliseconds, since a timer that fires early has to be set again. */
const nodeTimer: StationTimer = (delaySeconds, wake) => {
  const timeout = setTimeout(wake, Math.min(Math.ceil(delaySeconds * 1000), MAX_TIMER_MS));
  return () => clearTimeout(timeout);
};

/** Performs the work of the backend's jobs. */
@Injectable()
export class WorkEmulator {
  private readonly stations: Readonly<Record<keyof Demand, Station>> | undefined;
  private served: Totals = { requests: 0, compute: 0, storage: 0 };

  constructor(@Inject(backendConfig.KEY) { capacity, workScale }: BackendConfig) {
    // To make work last `workScale` times as long, divide the capacity by it.
    const createStation = (unitsPerSecond: number) =>
      new Station(unitsPerSecond / workScale, monotonicClock, nodeTimer);
    if (workScale === 0) return;
    this.stations = { compute: createStation(capacity.compute), storage: createStation(capacity.storage) };
  }

  get totals(): Totals {
    return this.served;
  }

  /** Jobs being worked on now. */
  get jobCount(): number {
    return this.stations ? this.stations.compute.jobCount + this.stations.storage.jobCount : 0;
  }

  /** Performs a job: compute, then storage. Rejects if `disconnect` aborts before the end. */
  async perform(demand: Demand, disconnect: AbortSignal): Promise<void> {
    if (this.stations) {
      await serve(this.stations.compute, demand.compute, disconnect);
      await serve(this.stations.storage, demand.storage, disconnect);
    }
    const { requests, compute, storage } = this.served;
    this.served = {
      requests: requests + 1,
      compute: compute + demand.compute,
      storage: storage + demand.storage,
    };
  }
}

async function serve(station: Station, units: number, disconnect: AbortSignal): Promise<void> {
  disconnect.throwIfAborted();
  if (units === 0) return;
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      withdraw();
      reject(disconnect.reason as Error);
    };
    const withdraw = station.serve(units, () => {
      disconnect.removeEventListener('abort', abort);
      resolve();
    });
    disconnect.addEventListener('abort', abort, { once: true });
  });
}
