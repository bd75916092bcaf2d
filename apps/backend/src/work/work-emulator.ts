// Where jobs are worked on: a station for each resource, one after the other, and the sums of what was done.
import { Inject, Injectable } from '@nestjs/common';
import { backendConfig, type BackendConfig } from '../config/backend.config.js';
import type { Demand } from './demand.js';
import { Station, type Clock, type Timer } from './station.js';

/** What was served since the start: jobs, and units of each resource. */
export interface Totals extends Demand {
  readonly requests: number;
}

/** Beyond this, Node fires a timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const monotonicClock: Clock = () => performance.now() / 1000;

/** Rounds up to whole milliseconds, since a timer that fires early has to be set again. */
const nodeTimer: Timer = (delaySeconds, wake) => {
  const timeout = setTimeout(wake, Math.min(Math.ceil(delaySeconds * 1000), MAX_TIMER_MS));
  return () => clearTimeout(timeout);
};

@Injectable()
export class WorkEmulator {
  private readonly stations: Readonly<Record<keyof Demand, Station>> | undefined;
  private served: Totals = { requests: 0, compute: 0, storage: 0 };

  constructor(@Inject(backendConfig.KEY) { capacity, workScale }: BackendConfig) {
    // Work that lasts `workScale` times as long is work at a station of that much less capacity.
    const aStation = (unitsPerSecond: number) => new Station(unitsPerSecond / workScale, monotonicClock, nodeTimer);
    if (workScale === 0) return;
    this.stations = { compute: aStation(capacity.compute), storage: aStation(capacity.storage) };
  }

  get totals(): Totals {
    return this.served;
  }

  /** Jobs being worked on now. */
  get jobCount(): number {
    return this.stations ? this.stations.compute.jobCount + this.stations.storage.jobCount : 0;
  }

  /** Does a job: compute, then storage. Rejects with the reason of `departure` when the client leaves before the end. */
  async perform(demand: Demand, departure: AbortSignal): Promise<void> {
    if (this.stations) {
      await serve(this.stations.compute, demand.compute, departure);
      await serve(this.stations.storage, demand.storage, departure);
    }
    const { requests, compute, storage } = this.served;
    this.served = {
      requests: requests + 1,
      compute: compute + demand.compute,
      storage: storage + demand.storage,
    };
  }
}

async function serve(station: Station, units: number, departure: AbortSignal): Promise<void> {
  departure.throwIfAborted();
  if (units === 0) return;
  await new Promise<void>((resolve, reject) => {
    const leave = () => {
      withdraw();
      reject(departure.reason as Error);
    };
    const withdraw = station.serve(units, () => {
      departure.removeEventListener('abort', leave);
      resolve();
    });
    departure.addEventListener('abort', leave, { once: true });
  });
}
