// The load of every backend, in typed arrays over one shared buffer.
//
// Each dispatching thread writes only its own row, so no update needs a lock or an atomic read-modify-write; readers
// add the rows up. `abandon` undoes the in-flight load of a thread that died. Every cell is a number of 4 or 8 bytes at
// its natural alignment, so another thread never reads a half-written value.
import type { WindowCounts } from './health/outliers.js';
import { LATENCY_BUCKETS, latencyBucket } from './latency-buckets.js';
import type { ResourceVector } from './resources.js';
import { THREAD_COUNTS, ThreadCounts, type ThreadCount } from './thread-counts.js';
import { LIVENESS_CELLS, ThreadLiveness } from './thread-liveness.js';

const CACHE_LINE_BYTES = 64;

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
    const cells = slotCount * LATENCY_BUCKETS;
    this.latencyCounts = allocate((offset) => new Uint32Array(buffer, offset, cells), cells * 4);
  }

  /** Counts the start of an exchange with this demand, in units, on `slot`. Called only by a reservation. */
  reserve(slot: number, demand: ResourceVector): void {
    const at = slot * this.shape.resourceCount;
    for (let r = 0; r < demand.length; r++) {
      this.inFlight[at + r] += demand[r];
      this.dispatched[at + r] += demand[r];
    }
    this.active[slot]++;
    this.totalActive[0]++;
    this.started[slot]++;
  }

  /** Counts the end of an exchange and subtracts its demand. Called only by a reservation. */
  release(slot: number, demand: ResourceVector): void {
    const at = slot * this.shape.resourceCount;
    for (let r = 0; r < demand.length; r++) this.inFlight[at + r] -= demand[r];
    this.active[slot]--;
    this.totalActive[0]--;
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

  /** Clears everything in flight, after the thread that wrote this row has ended. Totals since start are kept. */
  abandon(): void {
    for (const column of [this.inFlight, this.active, this.totalActive]) column.fill(0);
    this.counts.queued = 0;
  }

  /** Zeroes a slot for the next backend. Allowed only when nothing is in flight on it. */
  clear(slot: number): void {
    const { resourceCount } = this.shape;
    this.inFlight.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.dispatched.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.latencyCounts.fill(0, slot * LATENCY_BUCKETS, (slot + 1) * LATENCY_BUCKETS);
    const { latencySeconds, started, failed, excessFailed, measured, stretch, speeds, active } = this;
    const columns = [latencySeconds, started, failed, excessFailed, measured, stretch, speeds, active];
    for (const column of columns) column[slot] = 0;
  }
}

/** The load of all backends: the sum of the rows. */
export class LoadTable {
  /** One row for each dispatching thread. */
  readonly rows: readonly LoadRow[];
  /** The row of this thread. */
  readonly own: LoadRow;

  /**
   * @param buffer of another thread's table with the same shape; a new one is allocated when absent.
   * @param writer the index of this thread's row.
   */
  constructor(
    readonly shape: LoadTableShape,
    readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(rowBytes(shape) * shape.writerCount),
    readonly writer = 0,
  ) {
    this.rows = Array.from(
      { length: shape.writerCount },
      (_, row) => new LoadRow(shape, buffer, row * rowBytes(shape)),
    );
    this.own = this.rows[writer];
  }

  /** Demand in flight on a backend, units of resource `r`; never negative. */
  inFlight(slot: number, r: number): number {
    const at = slot * this.shape.resourceCount + r;
    const { rows } = this;
    let units = rows[0].inFlight[at];
    for (let writer = 1; writer < rows.length; writer++) units += rows[writer].inFlight[at];
    return units > 0 ? units : 0;
  }

  /** Exchanges in flight on a backend. */
  active(slot: number): number {
    const { rows } = this;
    let exchanges = rows[0].active[slot];
    for (let writer = 1; writer < rows.length; writer++) exchanges += rows[writer].active[slot];
    return exchanges;
  }

  /** Exchanges in flight on all backends. */
  totalActive(): number {
    const { rows } = this;
    let exchanges = rows[0].totalActive[0];
    for (let writer = 1; writer < rows.length; writer++) exchanges += rows[writer].totalActive[0];
    return exchanges;
  }

  /** Demand dispatched to a backend since it got its slot, units of resource `r`. */
  dispatched(slot: number, r: number): number {
    const at = slot * this.shape.resourceCount + r;
    const { rows } = this;
    let units = rows[0].dispatched[at];
    for (let writer = 1; writer < rows.length; writer++) units += rows[writer].dispatched[at];
    return units;
  }

  /** Exchanges started on a backend since it got its slot. */
  started(slot: number): number {
    return this.sum((row) => row.started[slot]);
  }

  /** Exchanges that failed on a backend since it got its slot. */
  failed(slot: number): number {
    return this.sum((row) => row.failed[slot]);
  }

  /** The counts that outlier detection compares, since the backend got its slot. */
  outcomes(slot: number): WindowCounts {
    const excess = this.sum((row) => row.excessFailed[slot]);
    return {
      exchanges: this.started(slot) - this.active(slot) - excess,
      failures: this.failed(slot) - excess,
      measured: this.sum((row) => row.measured[slot]),
      stretch: this.sum((row) => row.stretch[slot]),
    };
  }

  /** Sum of one counter over all threads. */
  total(count: ThreadCount): number {
    return this.sum((row) => row.counts[count]);
  }

  /**
   * Observed speed of a backend as a multiple of its declared speed: the mean of the threads' observations, weighted by
   * their exchanges on it. 1 while no thread has observed any.
   */
  speed(slot: number): number {
    let exchanges = 0;
    let weighted = 0;
    for (const { started, speeds } of this.rows) {
      if (speeds[slot] === 0) continue;
      exchanges += started[slot];
      weighted += started[slot] * speeds[slot];
    }
    return exchanges === 0 ? 1 : weighted / exchanges;
  }

  /** Sum of the latencies of a backend's responses, seconds. */
  latencySeconds(slot: number): number {
    return this.sum((row) => row.latencySeconds[slot]);
  }

  /** Adds a backend's responses by latency bucket to `counts` (length `LATENCY_BUCKETS`). */
  addLatencyCounts(slot: number, counts: Float64Array): void {
    for (const row of this.rows) {
      for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        counts[bucket] += row.latencyCounts[slot * LATENCY_BUCKETS + bucket];
      }
    }
  }

  /** Zeroes a slot for the next backend, in all rows. Allowed only when nothing is in flight on it. */
  clear(slot: number): void {
    for (const row of this.rows) row.clear(slot);
  }

  private sum(cell: (row: LoadRow) => number): number {
    return this.rows.reduce((total, row) => total + cell(row), 0);
  }
}

function rowBytes({ resourceCount, slotCount }: LoadTableShape): number {
  const bytesPerSlot = 8 * (2 * resourceCount + 7) + 4 * (1 + LATENCY_BUCKETS);
  const bytes = bytesPerSlot * slotCount + 8 * THREAD_COUNTS + 4 * (1 + LIVENESS_CELLS);
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}
