// The starts and ends of a thread's requests, in shared memory, for the thread that learns from them.
//
// One thread writes, another reads. A record is written in full before the count of records grows, with an atomic store, so
// that the reader never sees part of one. When the reader falls behind by more than half the ring, it skips to the newest
// record, and reports that records were lost.
//
// Classes are numbers, which the writer may give to one name after another. The name itself is sent in a message; the log
// says from which record on it holds.

/** Records in the ring. */
const CAPACITY = 2 ** 14;
/** Numbers of a record: time, exchange and kind, class and slot. */
const STRIDE = 3;
const HEADER_BYTES = 16;
const SLOT_LIMIT = 2 ** 16;
const KINDS = 4;

/** Kinds of records: a request started, was answered, or ended without an answer that shows anything. */
const STARTED = 0;
const ANSWERED = 1;
const ABANDONED = 2;
/** A class has a new name from here on. */
const NAMED = 3;

/**
 * Exchanges are numbered from 0 to this, and then from 0 again, which a busy thread does after hours. With its kind, a number
 * is a small integer of V8.
 */
const MAX_EXCHANGES = 2 ** 28;
/** Stands for an exchange whose start was not recorded. */
const NO_EXCHANGE = -1;

/** What a reader passes records to. Times are seconds of the clock that the threads share. */
export interface LatencyLogReader {
  started(exchange: number, classId: number, slot: number, atSeconds: number): void;
  ended(exchange: number, slot: number, atSeconds: number, isAnswered: boolean): void;
  /** A class has the name with this number from here on. Return false if that is unknown yet: the record is passed again later. */
  named(name: number): boolean;
  /** Records were lost, among them those of the names up to this number. */
  lost(names: number): void;
}

/** The log of one thread. Writing a record allocates nothing. */
export class LatencyLog {
  /** Records written, and names among them, modulo 2³². */
  private readonly counts: Int32Array;
  /** Not zero while the reader wants names only: one cell. */
  private readonly paused: Int32Array;
  private readonly records: Float64Array;
  private written = 0;
  private names = 0;
  private read = 0;
  private lastExchange = 0;

  /** @param buffer that of the writer's log, for the reader; a new one is allocated when absent. */
  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + CAPACITY * STRIDE * 8)) {
    this.counts = new Int32Array(buffer, 0, 2);
    this.paused = new Int32Array(buffer, 8, 1);
    this.records = new Float64Array(buffer, HEADER_BYTES);
    this.written = this.counts[0] >>> 0;
    this.names = this.counts[1] >>> 0;
    this.read = this.written;
  }

  /** Records that a request was sent. Returns what {@link end} needs: the number of the exchange. */
  start(classId: number, slot: number, atSeconds: number): number {
    if (this.paused[0] !== 0) return NO_EXCHANGE;
    this.lastExchange = (this.lastExchange + 1) % MAX_EXCHANGES;
    this.write(atSeconds, this.lastExchange * KINDS + STARTED, classId * SLOT_LIMIT + slot);
    return this.lastExchange;
  }

  /** Records that an exchange has ended. `isAnswered`: its latency shows what such requests take. */
  end(exchange: number, slot: number, atSeconds: number, isAnswered: boolean): void {
    if (exchange === NO_EXCHANGE || this.paused[0] !== 0) return;
    this.write(atSeconds, exchange * KINDS + (isAnswered ? ANSWERED : ABANDONED), slot);
  }

  /** Records that a class gets a name. Returns the number of the name. */
  name(): number {
    this.names = (this.names + 1) >>> 0;
    this.write(0, this.names * KINDS + NAMED, 0);
    // After the record, so that a reader that loads this first, and then the count of records, finds the record of each name.
    Atomics.store(this.counts, 1, this.names | 0);
    return this.names;
  }

  /** For the reader: from now on, the writer leaves starts and ends out, to save time, or records them again. */
  pause(isPaused: boolean): void {
    Atomics.store(this.paused, 0, isPaused ? 1 : 0);
  }

  /**
   * For the reader: when what the next record says happened, seconds. A name is of no time, and comes as soon as it may.
   * -Infinity: records were lost, too; Infinity: there is no record.
   */
  get nextAtSeconds(): number {
    const { waiting } = this;
    if (waiting > CAPACITY / 2) return -Infinity;
    return waiting === 0 ? Infinity : this.records[(this.read % CAPACITY) * STRIDE];
  }

  /** Passes the records up to `untilSeconds` that were not passed before to `reader`. Returns how many. */
  drain(reader: LatencyLogReader, untilSeconds: number): number {
    const { waiting, records } = this;
    if (waiting > CAPACITY / 2) {
      reader.lost(this.skip());
      return 0;
    }
    let passed = 0;
    while (passed < waiting) {
      const record = (this.read + passed) % CAPACITY;
      if (records[record * STRIDE] > untilSeconds || !this.pass(record, reader)) break;
      passed++;
    }
    this.read = (this.read + passed) >>> 0;
    return passed;
  }

  /** Skips the records that were not read yet. Returns the number of the last name among all that were skipped or read. */
  skip(): number {
    const names = Atomics.load(this.counts, 1) >>> 0;
    this.read = Atomics.load(this.counts, 0) >>> 0;
    return names;
  }

  /** How many records there are to read. */
  private get waiting(): number {
    return ((Atomics.load(this.counts, 0) >>> 0) - this.read) >>> 0;
  }

  /** Returns whether the record was taken. */
  private pass(record: number, reader: LatencyLogReader): boolean {
    const at = record * STRIDE;
    const [atSeconds, exchangeAndKind, classAndSlot] = [this.records[at], this.records[at + 1], this.records[at + 2]];
    const kind = exchangeAndKind % KINDS;
    const exchange = (exchangeAndKind - kind) / KINDS;
    if (kind === NAMED) return reader.named(exchange);
    const slot = classAndSlot % SLOT_LIMIT;
    if (kind === STARTED) reader.started(exchange, (classAndSlot - slot) / SLOT_LIMIT, slot, atSeconds);
    else reader.ended(exchange, slot, atSeconds, kind === ANSWERED);
    return true;
  }

  private write(atSeconds: number, exchangeAndKind: number, classAndSlot: number): void {
    const at = (this.written % CAPACITY) * STRIDE;
    this.records[at] = atSeconds;
    this.records[at + 1] = exchangeAndKind;
    this.records[at + 2] = classAndSlot;
    this.written = (this.written + 1) >>> 0;
    Atomics.store(this.counts, 0, this.written | 0);
  }
}
