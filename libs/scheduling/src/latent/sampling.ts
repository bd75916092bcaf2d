// Which requests become samples: about as many of each class, however often it is requested.
import type { Stay } from './neighbour-meter.js';

/** Samples taken per second, the same number of each class that is requested now. */
const SAMPLES_PER_SECOND = 400;
/** The classes that are requested now are those of this window and of the one before. Seconds. */
const WINDOW_SECONDS = 10;
/** Largest number of requests in flight that become samples. */
const MAX_IN_FLIGHT = 512;
/**
 * Where there are too many, a request that takes longer than this gives its place to the next one: tunnels and event streams
 * may stay for days. Seconds.
 */
const LONGEST_SECONDS = 60;

export class Sampling {
  /** When a request of each class was last taken; -Infinity: never. */
  private readonly takenAt: Float64Array;
  /** The number of the last window in which each class was requested. */
  private readonly lastWindow: Float64Array;
  private window = 0;
  /** Classes that were requested in the present window, and in the one before. */
  private classes = 0;
  private classesBefore = 0;
  /** The oldest first. */
  private readonly inFlight = new Set<Stay>();

  constructor(classCount: number) {
    this.takenAt = new Float64Array(classCount).fill(-Infinity);
    this.lastWindow = new Float64Array(classCount).fill(-Infinity);
  }

  /** Decides whether a request that starts now becomes a sample. Call it for each; pass those that do to {@link add}. */
  take(classId: number, atSeconds: number): boolean {
    this.count(classId, atSeconds);
    if (this.inFlight.size >= MAX_IN_FLIGHT && !this.replaceable(atSeconds)) return false;
    const interval = Math.max(this.classes, this.classesBefore) / SAMPLES_PER_SECOND;
    if (atSeconds - this.takenAt[classId] < interval) return false;
    this.takenAt[classId] = atSeconds;
    return true;
  }

  /** A request that was taken is in flight. Returns one that is no sample any more, where there are too many. */
  add(stay: Stay): Stay | undefined {
    const replaced = this.inFlight.size >= MAX_IN_FLIGHT ? this.replaceable(stay.startedAt) : undefined;
    if (replaced) this.inFlight.delete(replaced);
    this.inFlight.add(stay);
    return replaced;
  }

  /** A request has ended. Returns whether it is still a sample. */
  end(stay: Stay): boolean {
    return this.inFlight.delete(stay);
  }

  /** Forgets what is in flight: it will not be ended. */
  forgetFlights(): void {
    this.inFlight.clear();
  }

  /** Forgets a class whose number will be reused. */
  forgetClass(classId: number): void {
    this.takenAt[classId] = -Infinity;
  }

  private count(classId: number, atSeconds: number): void {
    const window = Math.floor(atSeconds / WINDOW_SECONDS);
    if (window > this.window) {
      this.classesBefore = window === this.window + 1 ? this.classes : 0;
      this.classes = 0;
      this.window = window;
    }
    if (this.lastWindow[classId] >= this.window) return;
    this.lastWindow[classId] = this.window;
    this.classes++;
  }

  /** The oldest request, if it has taken too long. */
  private replaceable(atSeconds: number): Stay | undefined {
    const [oldest] = this.inFlight;
    return oldest && atSeconds - oldest.startedAt > LONGEST_SECONDS ? oldest : undefined;
  }
}
