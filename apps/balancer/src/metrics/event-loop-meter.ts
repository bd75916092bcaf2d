// How late the event loop of a thread is, and how busy.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How often the loop is looked at. Node measures the time between two looks, which is this when the loop is not late. */
const RESOLUTION_MS = 20;

/** What a meter has seen since it was read before. */
export interface EventLoopReading {
  /** How late the loop was, seconds. */
  readonly meanSeconds: number;
  readonly maxSeconds: number;
  /** Which part of the time the loop was busy, 0 to 1. */
  readonly utilization: number;
}

/** Measures the thread that creates it. */
export class EventLoopMeter {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private utilizationBefore = performance.eventLoopUtilization();

  constructor() {
    this.delays.enable();
  }

  /** Returns the readings since the last call, and resets the meter. */
  read(): EventLoopReading {
    const { delays } = this;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.utilizationBefore);
    this.utilizationBefore = now;
    const reading = { meanSeconds: lateness(delays.mean), maxSeconds: lateness(delays.max), utilization };
    delays.reset();
    return reading;
  }

  stop(): void {
    this.delays.disable();
  }
}

/** Of a time between two looks in nanoseconds; NaN when there was none. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000) || 0;
}
