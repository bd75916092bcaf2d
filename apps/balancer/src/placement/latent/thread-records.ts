// Reads the log of one thread into the learner: which class each exchange has, and which of them become samples.
import type { LatencyLog, LatencyLogReader, LatentLearner, Stay } from '@fairlead/scheduling';
import type { ClassName } from './latent-link.js';

/** An exchange in flight. */
interface Flight {
  readonly classId: number;
  readonly slot: number;
  readonly stay: Stay | undefined;
}

/** Knows the classes of the model, and hears of what a log has besides starts and ends. */
interface Listener {
  /** From here on, a number of the thread stands for the class with a name. */
  named(records: ThreadRecords, named: ClassName): void;
  /** A request of the class with a name was sent, which has lost its number. Returns a new one, if it gets one. */
  numberAgain(name: string, atSeconds: number): number | undefined;
  /** A request of a class will be a sample. */
  sampled(classId: number): void;
  /** Records were lost. */
  lost(): void;
}

export class ThreadRecords implements LatencyLogReader {
  /** The numbers of the model for the classes of the thread, by the thread's numbers. */
  private readonly classes: (number | undefined)[] = [];
  /** The names of the classes, by the thread's numbers. */
  private readonly classNames: string[] = [];
  /** Latencies that the learner got. */
  samples = 0;
  /** By number of the exchange. */
  private readonly flights = new Map<number, Flight>();
  /** The time of the last record of a start or an end, seconds. */
  private readUntil = -Infinity;
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

  /** Says which class of the model, and of which name, a number of the thread means from now on. */
  useClass(threadClass: number, classId: number, name: string): void {
    this.classes[threadClass] = classId;
    this.classNames[threadClass] = name;
  }

  /** The model gives a number to another class: the requests in flight are none of that one. */
  forgetClass(classId: number): void {
    for (const [threadClass, known] of this.classes.entries()) {
      if (known === classId) this.classes[threadClass] = undefined;
    }
    for (const [exchange, flight] of this.flights) {
      if (flight.classId === classId) this.ended(exchange, flight.slot, this.readUntil, false);
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

  /** See {@link LatencyLog.nextAtSeconds}. */
  get nextAtSeconds(): number {
    return this.log.nextAtSeconds;
  }

  /** Reads what happened up to `untilSeconds`. Returns how many records were read. */
  drain(untilSeconds: number): number {
    return this.log.drain(this, untilSeconds);
  }

  started(exchange: number, threadClass: number, slot: number, atSeconds: number): void {
    this.readUntil = atSeconds;
    // The numbers begin again after a while, and some exchanges take days.
    const former = this.flights.get(exchange);
    if (former) this.ended(exchange, former.slot, atSeconds, false);
    const classId = this.classes[threadClass] ?? this.numberAgain(threadClass, atSeconds);
    if (classId === undefined) return;
    const stay = this.learner.start(classId, slot, atSeconds);
    if (stay) this.listener.sampled(classId);
    this.flights.set(exchange, { classId, slot, stay });
  }

  ended(exchange: number, slot: number, atSeconds: number, isAnswered: boolean): void {
    this.readUntil = atSeconds;
    const flight = this.flights.get(exchange);
    if (flight?.slot !== slot) return;
    this.flights.delete(exchange);
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
    for (const [exchange, { slot }] of this.flights) this.ended(exchange, slot, atSeconds, false);
  }

  /** Forgets what is in flight. */
  forgetFlights(): void {
    this.flights.clear();
  }

  private numberAgain(threadClass: number, atSeconds: number): number | undefined {
    const name = this.classNames[threadClass];
    const classId = name === undefined ? undefined : this.listener.numberAgain(name, atSeconds);
    if (classId !== undefined) this.classes[threadClass] = classId;
    return classId;
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
