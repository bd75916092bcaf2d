// What became of requests, in memory that the threads share: how long they took by pool, the balancer's own responses, and
// the methods. What is counted of each backend is in the load table.
//
// Each thread writes only its own row, without locks. The names of the pools are in a header that all threads write once.
import { LATENCY_BUCKETS, STATUS_CLASSES, latencyBucket, statusClass } from '@fairlead/scheduling';
import { SharedNames } from './shared-names.js';

/** The methods that are told apart; what is none of these counts as the last. */
export const METHOD_LABELS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'other'] as const;

/** What stands for requests that were refused before a pool was chosen for them. */
const NO_POOL = '';
/** What stands for the pools beyond {@link MAX_POOLS}. Not the name of a pool, as it has parentheses. */
export const OTHER_POOLS = '(other)';
/** Pools that are told apart since the start, the two above included: each takes 4 kB in each thread. */
const MAX_POOLS = 128;

// Counters are doubles: 32 bits would wrap around after some days.
const CELLS_PER_POOL = STATUS_CLASSES + 2 * (1 + LATENCY_BUCKETS);
const ROW_BYTES = 8 * (METHOD_LABELS.length + MAX_POOLS * CELLS_PER_POOL);
const HEADER_BYTES = SharedNames.bytesFor(MAX_POOLS);

/** Durations: how many there were of each length, and their sum. */
export class Durations {
  constructor(
    /** By latency bucket. */
    readonly counts: Float64Array,
    /** One cell, seconds. */
    readonly sum: Float64Array,
  ) {}

  /** Counts one; `bucket` is that of `seconds`. */
  add(bucket: number, seconds: number): void {
    this.counts[bucket]++;
    this.sum[0] += seconds;
  }
}

/** What one thread counts of the requests of one pool. */
export class PoolCounts {
  /** Responses of the balancer itself, by class of status. */
  readonly localResponses: Float64Array;
  /** From the arrival of a request to the last byte of its response. */
  readonly durations: Durations;
  /** From the arrival of a request to the first byte of a backend's response. */
  readonly firstBytes: Durations;

  constructor(buffer: SharedArrayBuffer, start: number) {
    let at = start;
    const cells = (count: number) => {
      const column = new Float64Array(buffer, at, count);
      at += 8 * count;
      return column;
    };
    this.localResponses = cells(STATUS_CLASSES);
    this.durations = new Durations(cells(LATENCY_BUCKETS), cells(1));
    this.firstBytes = new Durations(cells(LATENCY_BUCKETS), cells(1));
  }

  /** Counts a response of the balancer itself. */
  countLocalResponse(status: number): void {
    this.localResponses[statusClass(status)]++;
  }

  /**
   * Counts how long a request took. Times in monotonic milliseconds; `firstByteAtMs` is Infinity when the whole response came
   * at once, and NaN when no backend responded.
   */
  record(startedAtMs: number, firstByteAtMs: number, endedAtMs: number): void {
    const seconds = (endedAtMs - startedAtMs) / 1000;
    const bucket = latencyBucket(seconds);
    this.durations.add(bucket, seconds);
    if (firstByteAtMs === Infinity) this.firstBytes.add(bucket, seconds);
    else this.recordFirstByte(startedAtMs, firstByteAtMs);
  }

  /** The same of an upgraded connection, which lasts as long as both ends want. */
  recordFirstByte(startedAtMs: number, firstByteAtMs: number): void {
    const seconds = (firstByteAtMs - startedAtMs) / 1000;
    if (seconds >= 0) this.firstBytes.add(latencyBucket(seconds), seconds);
  }
}

/** What one thread counts. Only that thread writes it. */
export class RequestRow {
  /** Requests received, by the index of {@link METHOD_LABELS}. */
  readonly methods: Float64Array;
  private readonly pools: readonly PoolCounts[];

  constructor(
    buffer: SharedArrayBuffer,
    start: number,
    private readonly names: SharedNames,
  ) {
    const poolsAt = start + 8 * METHOD_LABELS.length;
    this.methods = new Float64Array(buffer, start, METHOD_LABELS.length);
    this.pools = Array.from(
      { length: MAX_POOLS },
      (_, pool) => new PoolCounts(buffer, poolsAt + 8 * pool * CELLS_PER_POOL),
    );
  }

  /** The counts of a pool. Looks its name up, so that callers keep what it returns. */
  pool(name: string): PoolCounts {
    return this.pools[this.names.indexOf(name)];
  }

  /** The counts at an index of {@link RequestTable.pools}. */
  at(index: number): PoolCounts {
    return this.pools[index];
  }

  /** Counts a request that has arrived. */
  countMethod(method: string): void {
    this.methods[methodIndex(method)]++;
  }

  /** Counts a request that got a response of the balancer before a pool was chosen for it. */
  countRefusal(method: string, status: number): void {
    this.countMethod(method);
    this.pools[0].countLocalResponse(status);
  }
}

/** The counts of all threads. */
export class RequestTable {
  /** One row for each thread. */
  readonly rows: readonly RequestRow[];
  /** The row of this thread. */
  readonly own: RequestRow;
  private readonly names: SharedNames;

  /**
   * @param buffer of another thread's table for as many threads; a new one when absent.
   * @param writer the index of this thread's row.
   */
  constructor(
    threads: number,
    readonly buffer = new SharedArrayBuffer(HEADER_BYTES + threads * ROW_BYTES),
    writer = 0,
  ) {
    this.names = new SharedNames(buffer, [NO_POOL, OTHER_POOLS], MAX_POOLS);
    const starts = Array.from({ length: threads }, (_, row) => HEADER_BYTES + row * ROW_BYTES);
    this.rows = starts.map((start) => new RequestRow(buffer, start, this.names));
    this.own = this.rows[writer];
  }

  /** The pools that have had requests. */
  get pools(): ReturnType<SharedNames['all']['slice']> {
    return this.names.all;
  }

  /** Requests received by all threads, by the index of {@link METHOD_LABELS}. */
  methods(): number[] {
    return METHOD_LABELS.map((_, at) => this.rows.reduce((sum, { methods }) => sum + methods[at], 0));
  }
}

function methodIndex(method: string): number {
  switch (method) {
    case 'GET':
      return 0;
    case 'HEAD':
      return 1;
    case 'POST':
      return 2;
    case 'PUT':
      return 3;
    case 'DELETE':
      return 4;
    case 'PATCH':
      return 5;
    case 'OPTIONS':
      return 6;
    default:
      return 7;
  }
}
