// Which requests become samples: about as many of each class, however often it is requested.

/** Samples taken per second, the same number of each class. */
const SAMPLES_PER_SECOND = 400;
/** Largest number of requests in flight that become samples. */
const MAX_IN_FLIGHT = 512;

export class Sampling {
  /** When a request of each class was last taken; -Infinity: never. */
  private readonly takenAt: Float64Array;
  private classesSeen = 0;
  private inFlight = 0;

  constructor(classCount: number) {
    this.takenAt = new Float64Array(classCount).fill(-Infinity);
  }

  /** Decides whether a request that starts now becomes a sample. Each that does is ended by {@link end}. */
  take(classId: number, atSeconds: number): boolean {
    if (this.inFlight >= MAX_IN_FLIGHT) return false;
    if (atSeconds - this.takenAt[classId] < this.classesSeen / SAMPLES_PER_SECOND) return false;
    if (this.takenAt[classId] === -Infinity) this.classesSeen++;
    this.takenAt[classId] = atSeconds;
    this.inFlight++;
    return true;
  }

  end(): void {
    this.inFlight--;
  }

  /** Forgets what is in flight: it will not be ended. */
  forgetFlights(): void {
    this.inFlight = 0;
  }

  /** Forgets a class whose number will be reused. */
  forgetClass(classId: number): void {
    if (this.takenAt[classId] > -Infinity) this.classesSeen--;
    this.takenAt[classId] = -Infinity;
  }
}
