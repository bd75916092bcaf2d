// PURE: a processor-sharing station. All jobs present share its capacity equally; clock and timer are passed in.
//
// In virtual time the station is simple: let `attained` be the units that a job present since the start would have
// received. All jobs receive service at the same rate, so a job with demand d leaves when `attained` has grown by d,
// whatever other jobs arrive or leave meanwhile. Only the rate changes: capacity / n units per second for n jobs. Hence
// a heap ordered by the value of `attained` at departure, and O(log n) per event. Source: Parekh and Gallager, "A
// Generalized Processor Sharing Approach to Flow Control", IEEE/ACM Transactions on Networking 1(3), 1993, section III.
import { MinHeap, type HeapItem } from './min-heap.js';

/** Monotonic time in seconds, from an arbitrary start. */
export type StationClock = () => number;

/** Calls `wake` once, about `delaySeconds` from now. Returns a function that cancels the call. */
export type StationTimer = (delaySeconds: number, wake: () => void) => () => void;

/** `key` is the value of `attained` at which the job leaves. */
interface Job extends HeapItem {
  readonly onDone: () => void;
  hasLeft: boolean;
}

/** One resource of the backend, shared by the jobs present. */
export class Station {
  private readonly jobs = new MinHeap<Job>();
  private attained = 0;
  private attainedAtSeconds = 0;
  private disarm = (): void => undefined;

  /** `capacity` is in units per second. */
  constructor(
    private readonly capacity: number,
    private readonly clock: StationClock,
    private readonly timer: StationTimer,
  ) {}

  /** Jobs being served now. */
  get jobCount(): number {
    return this.jobs.size;
  }

  /**
   * Adds a job of `demand` units and calls `onDone` once it is served, never synchronously. Returns a function that
   * withdraws the job, so that `onDone` is not called.
   */
  serve(demand: number, onDone: () => void): () => void {
    const finished = this.catchUp();
    const job: Job = { key: this.attained + demand, position: 0, onDone, hasLeft: false };
    this.jobs.add(job);
    this.reschedule(finished);
    return () => this.withdraw(job);
  }

  private withdraw(job: Job): void {
    const finished = this.catchUp();
    if (!job.hasLeft) this.remove(job);
    this.reschedule(finished.filter((other) => other !== job));
  }

  /** Advances virtual time to now, past every departure on the way, and returns the jobs that departed. */
  private catchUp(): Job[] {
    const now = this.clock();
    const finished: Job[] = [];
    for (let next = this.jobs.first; next; next = this.jobs.first) {
      const leavesAtSeconds = this.attainedAtSeconds + this.secondsUntil(next);
      if (leavesAtSeconds > now) {
        this.attained += ((now - this.attainedAtSeconds) * this.capacity) / this.jobs.size;
        break;
      }
      this.attained = next.key;
      this.attainedAtSeconds = leavesAtSeconds;
      this.remove(next);
      finished.push(next);
    }
    this.attainedAtSeconds = now;
    return finished;
  }

  private secondsUntil(job: Job): number {
    return ((job.key - this.attained) * this.jobs.size) / this.capacity;
  }

  private remove(job: Job): void {
    job.hasLeft = true;
    this.jobs.remove(job);
    // Restarting at 0 whenever the station is empty keeps the sums small, and hence exact.
    if (this.jobs.size === 0) this.attained = 0;
  }

  /** Sets the timer for the next departure, then calls the finished jobs, which may add new ones. */
  private reschedule(finished: readonly Job[]): void {
    this.disarm();
    const next = this.jobs.first;
    if (next) this.disarm = this.timer(this.secondsUntil(next), () => this.reschedule(this.catchUp()));
    for (const job of finished) job.onDone();
  }
}
