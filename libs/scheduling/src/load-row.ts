// The row of one dispatching thread in the load table: typed arrays over a part of the shared buffer.
//
// Only that thread writes its row, so no update needs a lock or an atomic read-modify-write. Every cell is a number of 4 or
// 8 bytes at its natural alignment, so another thread never reads a half-written value.
import { LATENCY_BUCKETS, latencyBucket } from './latency-buckets.js';
import type { ResourceVector } from './resources.js';
import { STATUS_CLASSES, statusClass } from './status-classes.js';
import { THREAD_COUNTS, ThreadCounts } from './thread-counts.js';
import { LIVENESS_CELLS, ThreadLiveness } from './thread-liveness.js';

const CACHE_LINE_BYTES = 64;

/** What holds of a thread only while it runs. */
const GAUGES = ['queued', 'connections', 'loopDelayMean', 'loopDelayMax', 'loopUtilization'] as const;

/** The dimensions of a load table. */
export interface LoadTableShape {
  /** Number of resources, R. */
  readonly resourceCount: number;
  /** Maximum number of backends. */
  readonly slotCount: number;
  /** Number of threads that dispatch requests. */
  readonly writerCount: number;
}

/** The row of one dispatching thread. Only that thread writes it. */
export class LoadRow {
  /** Demand in flight, units, at `slot * R + r`. */
  readonly inFlight: Float64Array;
  /** Demand dispatched since the slot was assigned, units, at `slot * R + r`. */
  readonly dispatched: Float64Array;
  /** Integral of the demand in flight over time until {@link changedAt}, unit-seconds, at `slot * R + r`. */
  readonly demandSeconds: Float64Array;
  /** Integral of the exchanges in flight over time until {@link changedAt}, exchange-seconds, by slot. */
  readonly busySeconds: Float64Array;
  /** When what is in flight changed last, seconds of the clock that the threads share, by slot. */
  readonly changedAt: Float64Array;
  /** Sum of the latencies of completed exchanges, seconds, by slot. */
  readonly latencySeconds: Float64Array;
  /** Exchanges started, by slot. */
  readonly started: Float64Array;
  /** Exchanges failed, by slot. */
  readonly failed: Float64Array;
  /** Exchanges failed that outlier detection leaves out, because one client had most of them. By slot. */
  readonly excessFailed: Float64Array;
  /** Responses for which a baseline latency was known, by slot. */
  readonly measured: Float64Array;
  /** Sum of latency / baseline latency over these responses, by slot. */
  readonly stretch: Float64Array;
  /** Observed speed of the backend as a multiple of its declared speed; 0: not observed by this thread. By slot. */
  readonly speeds: Float64Array;
  /** Counters that concern no single backend. */
  readonly counts: ThreadCounts;
  /** Exchanges in flight, by slot. */
  readonly active: Int32Array;
  /** Exchanges in flight on all slots: one cell. */
  readonly totalActive: Int32Array;
  /** Whether the thread still runs. */
  readonly liveness: ThreadLiveness;
  /** Responses by class of their status, 1xx to 5xx, at `slot * STATUS_CLASSES + class - 1`. */
  readonly statuses: Uint32Array;
  /** Responses by latency, at `slot * LATENCY_BUCKETS + bucket`. */
  readonly latencyCounts: Uint32Array;

  constructor(
    private readonly shape: LoadTableShape,
    buffer: ArrayBufferLike,
    rowStart: number,
  ) {
    const { resourceCount, slotCount } = shape;
    let at = rowStart;
    const allocate = <View>(createView: (byteOffset: number) => View, bytes: number): View => {
      const view = createView(at);
      at += bytes;
      return view;
    };
    const doubles = (count: number) => allocate((offset) => new Float64Array(buffer, offset, count), count * 8);
    this.inFlight = doubles(slotCount * resourceCount);
    this.dispatched = doubles(slotCount * resourceCount);
    this.demandSeconds = doubles(slotCount * resourceCount);
    this.busySeconds = doubles(slotCount);
    this.changedAt = doubles(slotCount);
    this.latencySeconds = doubles(slotCount);
    this.started = doubles(slotCount);
    this.failed = doubles(slotCount);
    this.excessFailed = doubles(slotCount);
    this.measured = doubles(slotCount);
    this.stretch = doubles(slotCount);
    this.speeds = doubles(slotCount);
    this.counts = new ThreadCounts(doubles(THREAD_COUNTS));
    const integers = (count: number) => allocate((offset) => new Int32Array(buffer, offset, count), count * 4);
    this.active = integers(slotCount);
    this.totalActive = integers(1);
    this.liveness = new ThreadLiveness(integers(LIVENESS_CELLS));
    const counts = (count: number) => allocate((offset) => new Uint32Array(buffer, offset, count), count * 4);
    this.statuses = counts(slotCount * STATUS_CLASSES);
    this.latencyCounts = counts(slotCount * LATENCY_BUCKETS);
  }

  /** Counts the start of an exchange with this demand, in units, on `slot`. Called only by a reservation. */
  reserve(slot: number, demand: ResourceVector, atSeconds: number): void {
    const at = slot * this.shape.resourceCount;
    const elapsed = this.integrate(slot, atSeconds);
    for (let r = 0; r < demand.length; r++) {
      this.demandSeconds[at + r] += this.inFlight[at + r] * elapsed;
      this.inFlight[at + r] += demand[r];
      this.dispatched[at + r] += demand[r];
    }
    this.active[slot]++;
    this.totalActive[0]++;
    this.started[slot]++;
  }

  /** Counts the end of an exchange and subtracts its demand. Called only by a reservation. */
  release(slot: number, demand: ResourceVector, atSeconds: number): void {
    const at = slot * this.shape.resourceCount;
    const elapsed = this.integrate(slot, atSeconds);
    for (let r = 0; r < demand.length; r++) {
      this.demandSeconds[at + r] += this.inFlight[at + r] * elapsed;
      this.inFlight[at + r] -= demand[r];
    }
    this.active[slot]--;
    this.totalActive[0]--;
  }

  /** Counts the head of a response by its status. */
  countStatus(slot: number, status: number): void {
    this.statuses[slot * STATUS_CLASSES + statusClass(status)]++;
  }

  /** Counts a response and its latency, in seconds. */
  countResponse(slot: number, latencySeconds: number): void {
    this.latencyCounts[slot * LATENCY_BUCKETS + latencyBucket(latencySeconds)]++;
    this.latencySeconds[slot] += latencySeconds;
  }

  /** Counts a response's latency as a multiple of the baseline of its class. */
  countStretch(slot: number, stretch: number): void {
    this.measured[slot]++;
    this.stretch[slot] += stretch;
  }

  /** Counts a failed exchange. */
  countFailure(slot: number): void {
    this.failed[slot]++;
  }

  /** Leaves a failed exchange, which {@link countFailure} has counted, out of what outlier detection compares. */
  discountFailure(slot: number): void {
    this.excessFailed[slot]++;
  }

  /**
   * Adds what was in flight since the last change to the integrals. Returns for how long, seconds. The time is written
   * before what is in flight changes, so that another thread that sees the change also sees the time.
   */
  private integrate(slot: number, atSeconds: number): number {
    const elapsed = atSeconds - this.changedAt[slot];
    this.busySeconds[slot] += this.active[slot] * elapsed;
    this.changedAt[slot] = atSeconds;
    return elapsed;
  }

  /** Clears everything in flight, after the thread that wrote this row has ended. Totals since start are kept. */
  abandon(): void {
    for (const column of [this.inFlight, this.active, this.totalActive]) column.fill(0);
    const { counts } = this;
    for (const gauge of GAUGES) counts[gauge] = 0;
  }

  /** Zeroes a slot for the next backend. Allowed only when nothing is in flight on it. */
  clear(slot: number): void {
    const { resourceCount } = this.shape;
    this.inFlight.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.dispatched.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.demandSeconds.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.statuses.fill(0, slot * STATUS_CLASSES, (slot + 1) * STATUS_CLASSES);
    this.latencyCounts.fill(0, slot * LATENCY_BUCKETS, (slot + 1) * LATENCY_BUCKETS);
    const { latencySeconds, started, failed, excessFailed, measured, stretch, speeds, active, busySeconds } = this;
    const columns = [latencySeconds, started, failed, excessFailed, measured, stretch, speeds, active, busySeconds];
    for (const column of columns) column[slot] = 0;
  }
}

/** The size of a row: whole cache lines, so that writers do not contend. */
export function rowBytes({ resourceCount, slotCount }: LoadTableShape): number {
  const bytesPerSlot = 8 * (3 * resourceCount + 9) + 4 * (1 + STATUS_CLASSES + LATENCY_BUCKETS);
  const bytes = bytesPerSlot * slotCount + 8 * THREAD_COUNTS + 4 * (1 + LIVENESS_CELLS);
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}
