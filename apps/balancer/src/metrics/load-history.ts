// The load of the last seconds and of the last minute. The main thread looks at the load table, so that the threads that
// serve clients have nothing to do for it.
import { LATENCY_BUCKETS, LoadTable } from '@fairlead/scheduling';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { monotonicMs, sharedSecondsFromMs } from '../clock/monotonic.js';
import { RegistryService } from '../registry/registry.service.js';
import { BackendHistory, type InFlight } from './backend-history.js';
import { LastMinute, type FleetTotals } from './last-minute.js';
import { RequestTable } from './request-table.js';

const SAMPLE_MS = 1000;
/** As long as the history of a backend. */
const PEAK_SECONDS = 16;
/** How often what is in flight is sampled for its peaks: as often as deadlines are. */
const PEAK_SAMPLE_MS = 20;

/** The load of a backend in the last seconds. */
export interface RecentLoad {
  readonly mean: InFlight;
  readonly peak: InFlight;
}

@Injectable()
export class LoadHistory implements OnModuleInit, OnModuleDestroy {
  /** By slot. */
  private readonly backends: (BackendHistory | undefined)[];
  private readonly minute = new LastMinute();
  /** The most attempts in progress on all backends, by second. */
  private readonly peaks = new Float64Array(PEAK_SECONDS);
  private second = 0;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly requests: RequestTable,
  ) {
    this.backends = Array.from({ length: table.shape.slotCount });
    registry.listen({ slotFreed: (slot) => (this.backends[slot] = undefined) });
    this.minute.sample(this.totals(), now());
  }

  onModuleInit(): void {
    const every = (ms: number, call: () => void) => setInterval(call, ms).unref();
    this.timers = [every(SAMPLE_MS, () => this.sample(now())), every(PEAK_SAMPLE_MS, () => this.samplePeaks())];
  }

  onModuleDestroy(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Samples every backend and the fleet. */
  sample(at: number): void {
    for (const { slot } of this.registry.list()) this.historyOf(slot, at).sample(at);
    this.minute.sample(this.totals(), at);
    this.second = (this.second + 1) % PEAK_SECONDS;
    this.peaks[this.second] = this.table.totalActive();
  }

  /** Samples what is in flight, for the peaks. */
  samplePeaks(): void {
    const { peaks, second } = this;
    const active = this.table.totalActive();
    if (active === 0) return;
    peaks[second] = Math.max(peaks[second], active);
    for (const history of this.backends) history?.samplePeaks();
  }

  /** The load of a backend: the mean over the last `seconds`, at most 15, and the peak of the last 15 seconds. */
  recent(slot: number, seconds: number, at = now()): RecentLoad {
    const history = this.historyOf(slot, at);
    return { mean: history.mean(seconds, at), peak: history.peak() };
  }

  /** The most attempts in progress on all backends in the last 15 seconds. */
  peakInFlight(): number {
    return Math.max(this.table.totalActive(), ...this.peaks);
  }

  /** What was counted in the last minute. */
  lastMinute(at = now()): ReturnType<LastMinute['until']> {
    return this.minute.until(this.totals(), at);
  }

  /** What was counted since the start, with the backends that have left. */
  totals(): FleetTotals {
    const { requests, table } = this;
    const latencies = new Float64Array(LATENCY_BUCKETS);
    for (const { index } of requests.pools) {
      for (const row of requests.rows) {
        const { counts } = row.at(index).durations;
        for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) latencies[bucket] += counts[bucket];
      }
    }
    return {
      requests: table.total('taken'),
      unplaced: table.total('unplaced'),
      retries: table.total('retries'),
      errors: table.totalFailed(),
      latencies,
    };
  }

  private historyOf(slot: number, at: number): BackendHistory {
    const known = this.backends[slot];
    if (known) return known;
    const history = new BackendHistory(this.table, slot);
    history.sample(at);
    this.backends[slot] = history;
    return history;
  }
}

/** Seconds of the clock that the threads share. */
function now(): number {
  return sharedSecondsFromMs(monotonicMs());
}
