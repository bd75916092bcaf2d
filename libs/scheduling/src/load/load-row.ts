// The row of one dispatching thread in the load table: typed arrays over a part of the shared buffer.
//
// Only that thread writes its row, so no update needs a lock or an atomic read-modify-write. Every cell is a number of 4 or
// 8 bytes at its natural alignment, so another thread never reads a half-written value. Counters are doubles: 32 bits would
// wrap around after 30 hours of 40,000 requests per second.
//
// What is in flight and its integrals are several cells that belong together. A counter for each slot is odd while they
// change, and differs after each change (a sequence lock), so that a reader in another thread knows which reading to repeat.
// The writer uses plain stores: Atomics would add 0.1 µs to each request. V8 compiles stores to typed arrays in program
// order, and x86-64 makes them visible in that order. On ARM the stores of a few nanoseconds may be seen out of order; a
// thread that the system interrupts between two of them, for milliseconds, is still noticed.
import { LATENCY_BUCKETS, latencyBucket } from '../latency-buckets.js';
import type { ResourceVector } from '../resources.js';
import { STATUS_CLASSES, statusClass } from './status-classes.js';
import { THREAD_COUNTS, ThreadCounts } from './thread-counts.js';
import { LIVENESS_CELLS, ThreadLiveness } from './thread-liveness.js';

const CACHE_LINE_BYTES = 64;
/** After so many readings during which a slot has changed, or is still changing, a reader gives up. */
const MAX_READINGS = 100;

/** The demand for latent resources of an exchange that is not counted there. */
export const NO_LATENT_DEMAND: ResourceVector = new Float64Array(0);

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
  /** Number of latent resources that are counted beside them; absent: none. */
  readonly latentCount?: number;
}

/** The row of one dispatching thread. Only that thread writes it. */
export class LoadRow {
  /** Demand in flight, units, at `slot * R + r`. */
  readonly inFlight: Float64Array;
  /** Demand for latent resources in flight, units, at `slot * latentCount + r`. */
  readonly latentInFlight: Float64Array;
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
  /** Responses by class of their status, 1xx to 5xx, at `slot * STATUS_CLASSES + class - 1`. */
  readonly statuses: Float64Array;
  /** Responses by latency, at `slot * LATENCY_BUCKETS + bucket`. */
  readonly latencyCounts: Float64Array;
  /** Counters that concern no single backend. */
  readonly counts: ThreadCounts;
  /** Exchanges in flight, by slot. */
  readonly active: Int32Array;
  /** How often what is in flight began and ended to change, by slot: odd while it changes. Wraps around. */
  readonly changes: Int32Array;
  /** Exchanges in flight on all slots: one cell. */
  readonly totalActive: Int32Array;
  /** Whether the thread still runs. */
  readonly liveness: ThreadLiveness;

  private readonly latentCount: number;
  /** Integrals of one slot, while they are read. */
  private readonly scratch: Float64Array;

  constructor(
    private readonly shape: LoadTableShape,
    buffer: ArrayBufferLike,
    rowStart: number,
  ) {
    const { resourceCount, slotCount, latentCount = 0 } = shape;
    this.latentCount = latentCount;
    this.scratch = new Float64Array(1 + resourceCount);
    let at = rowStart;
    const allocate = <View>(createView: (byteOffset: number) => View, bytes: number): View => {
      const view = createView(at);
      at += bytes;
      return view;
    };
    const doubles = (count: number) => allocate((offset) => new Float64Array(buffer, offset, count), count * 8);
    this.inFlight = doubles(slotCount * resourceCount);
    this.latentInFlight = doubles(slotCount * latentCount);
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
    this.statuses = doubles(slotCount * STATUS_CLASSES);
    this.latencyCounts = doubles(slotCount * LATENCY_BUCKETS);
    this.counts = new ThreadCounts(doubles(THREAD_COUNTS));
    const integers = (count: number) => allocate((offset) => new Int32Array(buffer, offset, count), count * 4);
    this.active = integers(slotCount);
    this.changes = integers(slotCount);
    this.totalActive = integers(1);
    this.liveness = new ThreadLiveness(integers(LIVENESS_CELLS));
  }

  /**
   * Counts the start of an exchange with this demand, and this one for latent resources, in units, on `slot`. Called only
   * by a reservation.
   */
  reserve(slot: number, demand: ResourceVector, atSeconds: number, latent = NO_LATENT_DEMAND): void {
    this.addLatent(slot, latent, 1);
    const at = slot * this.shape.resourceCount;
    this.changes[slot]++;
    const elapsed = this.integrate(slot, atSeconds);
    for (let r = 0; r < demand.length; r++) {
      this.demandSeconds[at + r] += this.inFlight[at + r] * elapsed;
      this.inFlight[at + r] += demand[r];
      this.dispatched[at + r] += demand[r];
    }
    this.active[slot]++;
    this.changes[slot]++;
    this.totalActive[0]++;
    this.started[slot]++;
  }

  /** Counts the end of an exchange and subtracts its demands. Called only by a reservation. */
  release(slot: number, demand: ResourceVector, atSeconds: number, latent = NO_LATENT_DEMAND): void {
    this.addLatent(slot, latent, -1);
    const at = slot * this.shape.resourceCount;
    this.changes[slot]++;
    const elapsed = this.integrate(slot, atSeconds);
    for (let r = 0; r < demand.length; r++) {
      this.demandSeconds[at + r] += this.inFlight[at + r] * elapsed;
      this.inFlight[at + r] -= demand[r];
    }
    this.active[slot]--;
    this.changes[slot]++;
    this.totalActive[0]--;
  }

  private addLatent(slot: number, latent: ResourceVector, sign: 1 | -1): void {
    const at = slot * this.latentCount;
    for (let r = 0; r < latent.length; r++) this.latentInFlight[at + r] += sign * latent[r];
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

  /** Adds the exchanges in flight since the last change to their integral. Returns for how long they were, seconds. */
  private integrate(slot: number, atSeconds: number): number {
    const elapsed = atSeconds - this.changedAt[slot];
    this.busySeconds[slot] += this.active[slot] * elapsed;
    this.changedAt[slot] = atSeconds;
    return elapsed;
  }

  /**
   * Adds the integrals of a slot until `now` to `sums`: that of the exchanges in flight, then those of the demand for each
   * resource. Returns false, and adds nothing, when the thread was changing them in each of some readings: the operating
   * system may have interrupted it there.
   */
  addIntegrals(slot: number, now: number, sums: Float64Array): boolean {
    const { changes, scratch } = this;
    for (let reading = 0; reading < MAX_READINGS; reading++) {
      const before = Atomics.load(changes, slot);
      if (before % 2 !== 0) continue;
      this.readIntegrals(slot, now, scratch);
      if (Atomics.load(changes, slot) !== before) continue;
      for (let i = 0; i < scratch.length; i++) sums[i] += scratch[i];
      return true;
    }
    return false;
  }

  private readIntegrals(slot: number, now: number, into: Float64Array): void {
    const at = slot * this.shape.resourceCount;
    const elapsed = Math.max(0, now - this.changedAt[slot]);
    into[0] = this.busySeconds[slot] + this.active[slot] * elapsed;
    for (let r = 0; r < this.shape.resourceCount; r++) {
      into[1 + r] = this.demandSeconds[at + r] + Math.max(0, this.inFlight[at + r]) * elapsed;
    }
  }

  /**
   * Ends everything in flight at `atSeconds`, after the thread that wrote this row has ended. Totals since start are kept,
   * and so are the integrals.
   */
  abandon(atSeconds: number): void {
    const { changes, changedAt, shape, scratch } = this;
    for (let slot = 0; slot < shape.slotCount; slot++) {
      // The thread may have ended within a change.
      if (changes[slot] % 2 !== 0) changes[slot]++;
      this.readIntegrals(slot, atSeconds, scratch);
      this.busySeconds[slot] = scratch[0];
      this.demandSeconds.set(scratch.subarray(1), slot * shape.resourceCount);
      changedAt[slot] = atSeconds;
    }
    for (const column of [this.inFlight, this.latentInFlight, this.active, this.totalActive]) column.fill(0);
    const { counts } = this;
    for (const gauge of GAUGES) counts[gauge] = 0;
  }

  /** Zeroes a slot for the next backend. Allowed only when nothing is in flight on it. */
  clear(slot: number): void {
    const { resourceCount } = this.shape;
    this.inFlight.fill(0, slot * resourceCount, (slot + 1) * resourceCount);
    this.latentInFlight.fill(0, slot * this.latentCount, (slot + 1) * this.latentCount);
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
export function rowBytes({ resourceCount, slotCount, latentCount = 0 }: LoadTableShape): number {
  const bytesPerSlot = 8 * (3 * resourceCount + latentCount + 9 + STATUS_CLASSES + LATENCY_BUCKETS) + 4 * 2;
  const bytes = bytesPerSlot * slotCount + 8 * THREAD_COUNTS + 4 * (1 + LIVENESS_CELLS);
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}
