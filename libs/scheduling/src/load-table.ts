// The load of every backend, in typed arrays over one shared buffer.
//
// Each thread that dispatches requests writes a row of its own and nobody else's, so no update needs a lock or an atomic
// read-modify-write; a reader adds the rows up. A thread that dies is undone in its row (`abandon`). Every cell is a number
// of 4 or 8 bytes at its natural alignment, so a reader in another thread sees it whole, before or after an update.
import type { WindowCounts } from './health/outliers.js';
import { LATENCY_BUCKETS, latencyBucket } from './latency-buckets.js';
import type { ResourceVector } from './resources.js';
import { THREAD_COUNTS, ThreadCounts, type ThreadCount } from './thread-counts.js';

const CACHE_LINE_BYTES = 64;

/** What fixes the size of a load table. */
export interface LoadTableShape {
  /** Number of resources, R. */
  readonly resourceCount: number;
  /** Number of backends it has room for. */
  readonly slotCount: number;
  /** Number of threads that dispatch requests. */
  readonly writerCount: number;
}

/** The row of one dispatching thread. Only that thread writes it. */
export class LoadRow {
  /** Demand in flight, units, at `slot * R + r`. */
  readonly inFlight: Float64Array;
  /** Demand dispatched since start, units, at `slot * R + r`. */
  readonly dispatched: Float64Array;
  /** Sum of the latencies of answered exchanges, seconds, by slot. */
  readonly latencySeconds: Float64Array;
  /** Exchanges begun, by slot. */
  readonly begun: Float64Array;
  /** Exchanges failed, by slot. */
  readonly failed: Float64Array;
  /** Answers whose usual latency was known, by slot. */
  readonly measured: Float64Array;
  /** Sum over these of latency over the usual one, by slot. */
  readonly stretch: Float64Array;
  /** How fast this thread has found the backend to be, as a multiple of what it declared; 0: it has not. By slot. */
  readonly speeds: Float64Array;
  /** What concerns no backend. */
  readonly counts: ThreadCounts;
  /** Exchanges in flight, by slot. */
  readonly active: Int32Array;
  /** Exchanges in flight on all slots: one cell. */
  readonly activeInAll: Int32Array;
  /** Answers counted by latency, at `slot * LATENCY_BUCKETS + bucket`. */
  readonly latencyCounts: Uint32Array;

  constructor(
    private readonly shape: LoadTableShape,
    buffer: ArrayBufferLike,
    rowStart: number,
  ) {
    const { resourceCount, slotCount } = shape;
    let at = rowStart;
    const take = <View>(make: (byteOffset: number) => View, bytes: number): View => {
      const view = make(at);
      at += bytes;
      return view;
    };
    const doubles = (count: number) => take((offset) => new Float64Array(buffer, offset, count), count * 8);
    this.inFlight = doubles(slotCount * resourceCount);
    this.dispatched = doubles(slotCount * resourceCount);
    this.latencySeconds = doubles(slotCount);
    this.begun = doubles(slotCount);
    this.failed = doubles(slotCount);
    this.measured = doubles(slotCount);
    this.stretch = doubles(slotCount);
    this.speeds = doubles(slotCount);
    this.counts = new ThreadCounts(doubles(THREAD_COUNTS));
    this.active = take((offset) => new Int32Array(buffer, offset, slotCount), slotCount * 4);
    this.activeInAll = take((offset) => new Int32Array(buffer, offset, 1), 4);
    const cells = slotCount * LATENCY_BUCKETS;
    this.latencyCounts = take((offset) => new Uint32Array(buffer, offset, cells), cells * 4);
  }

  /** An exchange of this demand begins on `slot`. Called by a reservation only. */
  reserve(slot: number, demand: ResourceVector): void {
    const at = slot * this.shape.resourceCount;
    for (let r = 0; r < demand.length; r++) {
      this.inFlight[at + r] += demand[r];
      this.dispatched[at + r] += demand[r];
    }
    this.active[slot]++;
    this.activeInAll[0]++;
    this.begun[slot]++;
  }

  /** The exchange ended: its demand is taken back. Called by a reservation only. */
  release(slot: number, demand: ResourceVector): void {
    const at = slot * this.shape.resourceCount;
    for (let r = 0; r < demand.length; r++) this.inFlight[at + r] -= demand[r];
    this.active[slot]--;
    this.activeInAll[0]--;
  }

  /** Counts an answer and how long it took. */
  countResponse(slot: number, latencySeconds: number): void {
    this.latencyCounts[slot * LATENCY_BUCKETS + latencyBucket(latencySeconds)]++;
    this.latencySeconds[slot] += latencySeconds;
  }

  /** Counts how long an answer took as a multiple of what is usual for its kind. */
  countStretch(slot: number, stretch: number): void {
    this.measured[slot]++;
    this.stretch[slot] += stretch;
  }

  /** Counts an exchange that failed. */
  countFailure(slot: number): void {
    this.failed[slot]++;
  }

  /** The thread is gone, and with it all that it had in flight. What it has counted stays. Only when it writes no more. */
  abandon(): void {
    for (const column of [this.inFlight, this.active, this.activeInAll]) column.fill(0);
    this.counts.queued = 0;
  }

  /** Forgets everything about a slot, so that another backend can have it. Only when nothing is in flight there. */
  clear(slot: number): void {
    const { resourceCount } = this.shape;
    this.inFlight.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.dispatched.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.latencyCounts.fill(0, slot * LATENCY_BUCKETS, (slot + 1) * LATENCY_BUCKETS);
    const { latencySeconds, begun, failed, measured, stretch, speeds, active } = this;
    for (const column of [latencySeconds, begun, failed, measured, stretch, speeds, active]) column[slot] = 0;
  }
}

/** The load of all backends: the sum of the rows. */
export class LoadTable {
  readonly rows: readonly LoadRow[];
  /** The row of this thread. */
  readonly own: LoadRow;

  /** Over `buffer`, as another thread made it, or over a new one when none is given. `writer` is this thread's row. */
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

  /** Demand in flight on a backend, units of resource `r`; never below zero. */
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
  activeInAll(): number {
    const { rows } = this;
    let exchanges = rows[0].activeInAll[0];
    for (let writer = 1; writer < rows.length; writer++) exchanges += rows[writer].activeInAll[0];
    return exchanges;
  }

  /** Demand dispatched to a backend since it has its slot, units of resource `r`. */
  dispatched(slot: number, r: number): number {
    const at = slot * this.shape.resourceCount + r;
    const { rows } = this;
    let units = rows[0].dispatched[at];
    for (let writer = 1; writer < rows.length; writer++) units += rows[writer].dispatched[at];
    return units;
  }

  /** Exchanges begun on a backend since it has its slot. */
  begun(slot: number): number {
    return this.sum((row) => row.begun[slot]);
  }

  /** Exchanges that failed on a backend since it has its slot. */
  failed(slot: number): number {
    return this.sum((row) => row.failed[slot]);
  }

  /** What a backend did since it has its slot, as outlier detection counts it. */
  outcomes(slot: number): WindowCounts {
    return {
      exchanges: this.begun(slot) - this.active(slot),
      failures: this.failed(slot),
      measured: this.sum((row) => row.measured[slot]),
      stretch: this.sum((row) => row.stretch[slot]),
    };
  }

  /** A counter of all threads together. */
  total(count: ThreadCount): number {
    return this.sum((row) => row.counts[count]);
  }

  /** A backend's speed as a multiple of what it declared: the mean of what the threads found, by their exchanges there. */
  speed(slot: number): number {
    let exchanges = 0;
    let weighted = 0;
    for (const { begun, speeds } of this.rows) {
      if (speeds[slot] === 0) continue;
      exchanges += begun[slot];
      weighted += begun[slot] * speeds[slot];
    }
    return exchanges === 0 ? 1 : weighted / exchanges;
  }

  /** Sum of the latencies of a backend's answers, seconds. */
  latencySeconds(slot: number): number {
    return this.sum((row) => row.latencySeconds[slot]);
  }

  /** Adds a backend's answers, counted by latency bucket, to `counts` (length `LATENCY_BUCKETS`). */
  addLatencyCounts(slot: number, counts: Float64Array): void {
    for (const row of this.rows) {
      for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        counts[bucket] += row.latencyCounts[slot * LATENCY_BUCKETS + bucket];
      }
    }
  }

  /** Makes a slot ready for another backend. Only when nothing is in flight there. */
  clear(slot: number): void {
    for (const row of this.rows) row.clear(slot);
  }

  private sum(cell: (row: LoadRow) => number): number {
    return this.rows.reduce((total, row) => total + cell(row), 0);
  }
}

function rowBytes({ resourceCount, slotCount }: LoadTableShape): number {
  const bytesPerSlot = 8 * (2 * resourceCount + 6) + 4 * (1 + LATENCY_BUCKETS);
  return Math.ceil((bytesPerSlot * slotCount + 8 * THREAD_COUNTS + 4) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}
