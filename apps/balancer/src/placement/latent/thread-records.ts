// Reads the log of one thread into the learner: which class each exchange has, and which of them become samples.
import {
  MAX_EXCHANGES,
  type LatencyLog,
  type LatencyLogReader,
  type LatentLearner,
  type Stay,
} from '@fairlead/scheduling';

/** An exchange in flight. */
interface Flight {
  readonly classId: number;
  readonly slot: number;
  readonly stay: Stay | undefined;
}

export class ThreadRecords implements LatencyLogReader {
  /** The numbers of the model for the classes of the thread, by the thread's numbers. */
  private readonly classes: (number | undefined)[] = [];
  /** Latencies that the learner got. */
  samples = 0;
  /** By number of the exchange. */
  private flights: (Flight | undefined)[] = [];

  constructor(
    readonly log: LatencyLog,
    private readonly learner: LatentLearner,
    private readonly onLost: () => void,
  ) {}

  /** Says which class of the model a number of the thread means from now on. */
  nameClass(threadClass: number, classId: number): void {
    this.classes[threadClass] = classId;
  }

  /** The model has given a number to another class: what the thread calls so is not recorded until it has a name again. */
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

  lost(): void {
    this.onLost();
  }

  /** The thread has ended, and its requests with it. */
  abandon(atSeconds: number): void {
    this.log.skip();
    for (const [exchange, flight] of this.flights.entries()) {
      if (flight) this.ended(exchange, flight.slot, atSeconds, false);
    }
  }

  /** Forgets what is in flight. */
  forgetFlights(): void {
    this.flights = [];
  }
}
