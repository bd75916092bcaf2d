// What each client holds and has used up, in shared memory (docs/decisions/0027).
//
// Each thread of the data plane writes only its own row and reads all of them. A row is a hash table of sets of cells, as
// the cache of a processor is: a client can be in any cell of one set, which its key determines.
import { randomBytes } from 'node:crypto';
import { KeyedHash, clientIdentity } from '@fairlead/scheduling';
import { LRUCache } from 'lru-cache';

const CELLS_PER_SET = 8;
const SETS = 8192;
const CELLS = CELLS_PER_SET * SETS;
/** The keys of the two hashes, at the start of the buffer. */
const HASH_KEY_BYTES = 16;
const HEADER_BYTES = 64;
/** Two words of a key, two counts, and two times. */
const CELL_BYTES = 2 * 4 + 2 * 4 + 2 * 8;
const ROW_BYTES = CELLS * CELL_BYTES;

/** Clients of which a thread remembers the key. */
const MAX_REMEMBERED = 10_000;

/** No cell: the set of the client is full of others. */
export const UNTRACKED = -1;

/** Identifies a client in every row: 64 bits of hash, and the first cell of its set. */
export interface ClientKey {
  readonly low: number;
  readonly high: number;
  readonly firstCell: number;
}

/** The row of one thread. Only that thread writes it. A cell without counts, whose times have passed, is free. */
export class ClientRow {
  /** The key of a cell's client, at twice its index. */
  readonly keys: Int32Array;
  readonly connections: Int32Array;
  readonly requestsInFlight: Int32Array;
  /** Theoretical arrival times of the rate limits, seconds; see {@link Rate}. */
  readonly connectionTimes: Float64Array;
  readonly requestTimes: Float64Array;

  constructor(buffer: SharedArrayBuffer, start: number) {
    this.connectionTimes = new Float64Array(buffer, start, CELLS);
    this.requestTimes = new Float64Array(buffer, start + 8 * CELLS, CELLS);
    this.keys = new Int32Array(buffer, start + 16 * CELLS, 2 * CELLS);
    this.connections = new Int32Array(buffer, start + 24 * CELLS, CELLS);
    this.requestsInFlight = new Int32Array(buffer, start + 28 * CELLS, CELLS);
  }

  /** The cell of a client; {@link UNTRACKED} when it has none. */
  find({ low, high, firstCell }: ClientKey): number {
    const { keys } = this;
    for (let cell = firstCell; cell < firstCell + CELLS_PER_SET; cell++) {
      if (keys[2 * cell] === low && keys[2 * cell + 1] === high) return cell;
    }
    return UNTRACKED;
  }

  /** The cell of a client, a free one if it has none; {@link UNTRACKED} when there is no free one. */
  claim(key: ClientKey, nowSeconds: number): number {
    const found = this.find(key);
    if (found !== UNTRACKED) return found;
    const { keys } = this;
    for (let cell = key.firstCell; cell < key.firstCell + CELLS_PER_SET; cell++) {
      if (!this.isFree(cell, nowSeconds)) continue;
      // The counts are zero, and the times have passed: another thread that reads the cell now reads nothing.
      keys[2 * cell] = key.low;
      keys[2 * cell + 1] = key.high;
      return cell;
    }
    return UNTRACKED;
  }

  /** Clears what the clients of a thread held that has ended. What they used up of a rate stays. */
  abandon(): void {
    this.connections.fill(0);
    this.requestsInFlight.fill(0);
  }

  private isFree(cell: number, nowSeconds: number): boolean {
    const isHeld = this.connections[cell] > 0 || this.requestsInFlight[cell] > 0;
    return !isHeld && this.connectionTimes[cell] <= nowSeconds && this.requestTimes[cell] <= nowSeconds;
  }
}

/** The clients of all threads. */
export class ClientTable {
  /** One row for each thread. */
  readonly rows: readonly ClientRow[];
  /** The row of this thread. */
  readonly own: ClientRow;
  /** One for each word of a key: addresses that have both alike cannot be chosen. */
  private readonly lowHash: KeyedHash;
  private readonly highHash: KeyedHash;
  private readonly keys = new LRUCache<string, ClientKey>({ max: MAX_REMEMBERED });

  /**
   * @param buffer of another thread's table for as many threads; a new one, with a random key, when absent.
   * @param writer the index of this thread's row.
   */
  constructor(
    threads: number,
    readonly buffer: SharedArrayBuffer = createBuffer(threads),
    writer = 0,
  ) {
    const words = new Int32Array(buffer, 0, HASH_KEY_BYTES / 4);
    this.lowHash = new KeyedHash([words[0], words[1]]);
    this.highHash = new KeyedHash([words[2], words[3]]);
    this.rows = Array.from({ length: threads }, (_, row) => new ClientRow(buffer, HEADER_BYTES + row * ROW_BYTES));
    this.own = this.rows[writer];
  }

  /** The key of the client at an address. */
  keyOf(address: string): ClientKey {
    const known = this.keys.get(address);
    if (known) return known;
    const identity = clientIdentity(address);
    // As the cells hold them: signed.
    const low = this.lowHash.of(identity) | 0;
    const high = this.highHash.of(identity) | 0;
    const key = { low, high, firstCell: (low & (SETS - 1)) * CELLS_PER_SET };
    this.keys.set(address, key);
    return key;
  }

  /** Connections of a client. */
  connections(key: ClientKey): number {
    let sum = 0;
    for (const row of this.rows) {
      const cell = row.find(key);
      if (cell !== UNTRACKED) sum += row.connections[cell];
    }
    return sum;
  }

  /** Requests in flight of a client. */
  requestsInFlight(key: ClientKey): number {
    let sum = 0;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const cell = rows[i].find(key);
      if (cell !== UNTRACKED) sum += rows[i].requestsInFlight[cell];
    }
    return sum;
  }

  /** The latest theoretical arrival time of a client's connections, seconds. */
  connectionTime(key: ClientKey): number {
    let latest = 0;
    for (const row of this.rows) {
      const cell = row.find(key);
      if (cell !== UNTRACKED && row.connectionTimes[cell] > latest) latest = row.connectionTimes[cell];
    }
    return latest;
  }

  /** The latest theoretical arrival time of a client's requests, seconds. */
  requestTime(key: ClientKey): number {
    let latest = 0;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const cell = rows[i].find(key);
      if (cell !== UNTRACKED && rows[i].requestTimes[cell] > latest) latest = rows[i].requestTimes[cell];
    }
    return latest;
  }
}

function createBuffer(threads: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEADER_BYTES + threads * ROW_BYTES);
  new Uint8Array(buffer, 0, HASH_KEY_BYTES).set(randomBytes(HASH_KEY_BYTES));
  return buffer;
}
