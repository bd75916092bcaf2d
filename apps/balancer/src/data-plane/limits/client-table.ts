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

/** What is counted: connections, or requests in flight. */
export type UsageKind = 'connections' | 'requests';

/** What the client of each cell uses of one kind. */
export interface Usage {
  /** How many it holds. */
  readonly held: Int32Array;
  /** Theoretical arrival times of the rate limit, seconds; see {@link Rate}. */
  readonly times: Float64Array;
}

/** The row of one thread. Only that thread writes it. A cell without counts, whose times have passed, is free. */
export class ClientRow implements Record<UsageKind, Usage> {
  readonly connections: Usage;
  readonly requests: Usage;
  /** The key of a cell's client, at twice its index. */
  private readonly keys: Int32Array;

  constructor(buffer: SharedArrayBuffer, start: number) {
    this.keys = new Int32Array(buffer, start + 16 * CELLS, 2 * CELLS);
    this.connections = {
      times: new Float64Array(buffer, start, CELLS),
      held: new Int32Array(buffer, start + 24 * CELLS, CELLS),
    };
    this.requests = {
      times: new Float64Array(buffer, start + 8 * CELLS, CELLS),
      held: new Int32Array(buffer, start + 28 * CELLS, CELLS),
    };
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
    this.connections.held.fill(0);
    this.requests.held.fill(0);
  }

  private isFree(cell: number, nowSeconds: number): boolean {
    return isUnused(this.connections, cell, nowSeconds) && isUnused(this.requests, cell, nowSeconds);
  }
}

function isUnused({ held, times }: Usage, cell: number, nowSeconds: number): boolean {
  return held[cell] === 0 && times[cell] <= nowSeconds;
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
    return this.keyOfPart(address, '');
  }

  /** The key of what the client at an address does on a part of the site, such as a route; '' stands for all of it. */
  keyOfPart(address: string, part: string): ClientKey {
    // No address has a space.
    const name = part === '' ? address : `${address} ${part}`;
    const known = this.keys.get(name);
    if (known) return known;
    const identity = part === '' ? clientIdentity(address) : `${clientIdentity(address)} ${part}`;
    // As the cells hold them: signed.
    const low = this.lowHash.of(identity) | 0;
    const high = this.highHash.of(identity) | 0;
    const key = { low, high, firstCell: (low & (SETS - 1)) * CELLS_PER_SET };
    this.keys.set(name, key);
    return key;
  }

  /** How many of a kind a client holds. */
  held(kind: UsageKind, key: ClientKey): number {
    let sum = 0;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const cell = rows[i].find(key);
      if (cell !== UNTRACKED) sum += rows[i][kind].held[cell];
    }
    return sum;
  }

  /** The latest theoretical arrival time of a client in the rate limit of a kind, seconds. */
  latestTime(kind: UsageKind, key: ClientKey): number {
    let latest = 0;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const cell = rows[i].find(key);
      if (cell === UNTRACKED) continue;
      const time = rows[i][kind].times[cell];
      if (time > latest) latest = time;
    }
    return latest;
  }
}

function createBuffer(threads: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEADER_BYTES + threads * ROW_BYTES);
  new Uint8Array(buffer, 0, HASH_KEY_BYTES).set(randomBytes(HASH_KEY_BYTES));
  return buffer;
}
