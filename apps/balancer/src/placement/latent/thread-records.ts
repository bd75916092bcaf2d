// Reads the log of one thread into the learner: which class each exchange has, and which of them become samples.
import {
  MAX_EXCHANGES,
  type LatencyLog,
  type LatencyLogReader,
  type LatentLearner,
  type Stay,
} from '@fairlead/scheduling';
import type { ClassName } from './latent-link.js';

/** An exchange in flight. */
interface Flight {
  readonly classId: number;
  readonly slot: number;
  readonly stay: Stay | undefined;
}

/** Hears of what a log has besides starts and ends. */
interface Listener {
  /** From here on, a number of the thread stands for the class with a name. */
  named(records: ThreadRecords, named: ClassName): void;
  /** Records were lost. */
  lost(): void;
}

export class ThreadRecords implements LatencyLogReader {
  /** The numbers of the model for the classes of the thread, by the thread's numbers. */
  private readonly classes: (number | undefined)[] = [];
  /** Latencies that the learner got. */
  samples = 0;
  /** By number of the exchange. */
  private flights: (Flight | undefined)[] = [];
  /** Names whose record was not read yet, by the number of the name. */
  private readonly names = new Map<number, ClassName>();
  /** The number of the last name whose record was read or skipped. */
  private lastName = 0;

  constructor(
    private readonly log: LatencyLog,
    private readonly learner: LatentLearner,
    private readonly listener: Listener,
  ) {}

  /** Takes a name that the thread has given to a class. It holds from its record in the log on. */
  nameClass(named: ClassName): void {
    if (named.record <= this.lastName) this.listener.named(this, named);
    else this.names.set(named.record, named);
  }

  named(record: number): boolean {
    if (record <= this.lastName) return true;
    const named = this.names.get(record);
    if (!named) return false;
    this.passNames(record);
    return true;
  }

  /** Says which class of the model a number of the thread means from now on. */
  useClass(threadClass: number, classId: number): void {
    this.classes[threadClass] = classId;
  }

  /** The model gives a number to another class: requests of the old one are ignored until the thread names it again. */
  forgetClass(classId: number): void {
    for (const [threadClass, known] of this.classes.entries()) {
      if (known === classId) this.classes[threadClass] = undefined;
    }
  }

  /** The model's number of the class that a number of the thread means; undefined: none. */
  classOf(threadClass: number): number | undefined {
    return this.classes[threadClass];
  }

  /** Whether a number of the thread means this class of the model. */
  knows(classId: number): boolean {
    return this.classes.includes(classId);
  }

  /** Reads at most `limit` records. Returns how many. */
  drain(limit: number): number {
    return this.log.drain(this, limit);
  }

  started(exchange: number, threadClass: number, slot: number, atSeconds: number): void {
    const classId = this.classes[threadClass];
    if (classId === undefined) return;
    this.flights[exchange % MAX_EXCHANGES] = { classId, slot, stay: this.learner.start(classId, slot, atSeconds) };
  }

  ended(exchange: number, slot: number, atSeconds: number, isAnswered: boolean): void {
    const flight = this.flights[exchange];
    if (flight?.slot !== slot) return;
    this.flights[exchange] = undefined;
    if (flight.stay && isAnswered) this.samples++;
    this.learner.end(flight.stay, flight.classId, slot, atSeconds, isAnswered);
  }

  lost(names: number): void {
    this.passNames(names);
    this.listener.lost();
  }

  /** Skips the records that were not read yet. */
  skip(): void {
    this.passNames(this.log.skip());
  }

  /** Whether the thread leaves out starts and ends from now on. They have to be forgotten: some are known in part. */
  pause(isPaused: boolean): void {
    this.log.pause(isPaused);
  }

  /** The thread has ended, and its requests with it. */
  abandon(atSeconds: number): void {
    this.skip();
    for (const [exchange, flight] of this.flights.entries()) {
      if (flight) this.ended(exchange, flight.slot, atSeconds, false);
    }
  }

  /** Forgets what is in flight. */
  forgetFlights(): void {
    this.flights = [];
  }

  /** Uses the names up to that of a record. */
  private passNames(record: number): void {
    this.lastName = record;
    for (const [number, named] of this.names) {
      if (number > record) break;
      this.names.delete(number);
      this.listener.named(this, named);
    }
  }
}
