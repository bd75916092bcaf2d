// The load of every backend, in typed arrays over one shared buffer: a row for each dispatching thread, which only that
// thread writes. Readers add the rows up. `abandon` undoes the in-flight load of a thread that died.
import type { WindowCounts } from '../health/outliers.js';
import { LATENCY_BUCKETS } from '../latency-buckets.js';
import { LoadRow, rowBytes, type LoadTableShape } from './load-row.js';
import { STATUS_CLASSES } from './status-classes.js';
import type { ThreadCount } from './thread-counts.js';

/** What is in flight of some resources on each backend. */
export interface InFlightTable {
  readonly shape: Pick<LoadTableShape, 'resourceCount' | 'slotCount'>;
  /** What each thread has in flight, units at `slot * resourceCount + r`; their sum may be slightly below zero. */
  readonly columns: readonly Float64Array[];
  /** Demand in flight on a backend, units of resource `r`; never negative. */
  inFlight(slot: number, r: number): number;
}

/** The load of all backends: the sum of the rows. */
export class LoadTable implements InFlightTable {
  /** One row for each dispatching thread. */
  readonly rows: readonly LoadRow[];
  /** The row of this thread. */
  readonly own: LoadRow;
  readonly columns: readonly Float64Array[];
  /** What is in flight of the latent resources. */
  readonly latent: InFlightTable;
  /** Sums over the backends whose slots this thread has cleared. */
  private readonly departed: { failed: number; readonly dispatched: Float64Array };

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
    this.columns = this.rows.map(({ inFlight }) => inFlight);
    this.latent = new LatentInFlight(shape, this.rows);
    this.departed = { failed: 0, dispatched: new Float64Array(shape.resourceCount) };
  }

  /** Demand in flight on a backend, units of resource `r`; never negative. */
  inFlight(slot: number, r: number): number {
    return unitsAt(this.columns, slot * this.shape.resourceCount + r);
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

  /** Exchanges that failed on all backends, those that have left included. */
  totalFailed(): number {
    return this.sum((row) => sumOf(row.failed)) + this.departed.failed;
  }

  /** Demand dispatched to all backends, units of resource `r`, those that have left included. */
  totalDispatched(r: number): number {
    const { resourceCount } = this.shape;
    return this.sum((row) => sumOf(row.dispatched, r, resourceCount)) + this.departed.dispatched[r];
  }

  /** Responses of a backend since it got its slot, by class of status. */
  statuses(slot: number): number[] {
    return Array.from({ length: STATUS_CLASSES }, (_, at) =>
      this.sum(({ statuses }) => statuses[slot * STATUS_CLASSES + at]),
    );
  }

  /**
   * Reads the integrals over time of what is in flight on a backend, since it got its slot, into `sums`: of the exchanges
   * (exchange-seconds), then of the demand for each resource (unit-seconds). The difference of two readings, divided by the
   * time between them, is the mean. `now` is a time of the clock that the threads share.
   *
   * @returns false when a thread was changing them all the while; `sums` is of no use then.
   */
  readIntegrals(slot: number, now: number, sums: Float64Array): boolean {
    sums.fill(0);
    return this.rows.every((row) => row.addIntegrals(slot, now, sums));
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
    this.departed.failed += this.failed(slot);
    for (let r = 0; r < this.shape.resourceCount; r++) this.departed.dispatched[r] += this.dispatched(slot, r);
    for (const row of this.rows) row.clear(slot);
  }

  private sum(cell: (row: LoadRow) => number): number {
    return this.rows.reduce((total, row) => total + cell(row), 0);
  }
}

class LatentInFlight implements InFlightTable {
  readonly shape: InFlightTable['shape'];
  readonly columns: readonly Float64Array[];

  constructor({ slotCount, latentCount = 0 }: LoadTableShape, rows: readonly LoadRow[]) {
    this.shape = { slotCount, resourceCount: latentCount };
    this.columns = rows.map(({ latentInFlight }) => latentInFlight);
  }

  inFlight(slot: number, r: number): number {
    return unitsAt(this.columns, slot * this.shape.resourceCount + r);
  }
}

/** What all threads have in flight there; never negative. */
function unitsAt(columns: readonly Float64Array[], at: number): number {
  let units = columns[0][at];
  for (let writer = 1; writer < columns.length; writer++) units += columns[writer][at];
  return units > 0 ? units : 0;
}

/** The sum of every `step`th cell, beginning with that at `from`. */
function sumOf(column: Float64Array, from = 0, step = 1): number {
  let sum = 0;
  for (let at = from; at < column.length; at += step) sum += column[at];
  return sum;
}
