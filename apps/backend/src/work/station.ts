// PURE: a processor-sharing station. All jobs present share its capacity equally; clock and timer are passed in.
//
// In virtual time the station is simple: let `attained` be the units that a job present since the beginning would have
// been served. Every job gains at the same rate, so one that arrives with demand d leaves when `attained` has grown by
// d, whoever comes or goes meanwhile. Only the rate changes, c/n units per second for n jobs. Hence a heap ordered by
// the value at leaving, and O(log n) per event. Source: Parekh and Gallager, "A Generalized Processor Sharing Approach
// to Flow Control", IEEE/ACM Transactions on Networking 1(3), 1993, section III.
import { MinHeap, type HeapItem } from './min-heap.js';

/** Seconds that only grow. */
export type Clock = () => number;

/** Calls `wake` once, `delaySeconds` from now or somewhat off; what it returns takes the call back. */
export type Timer = (delaySeconds: number, wake: () => void) => () => void;

/** `key` is the value of `attained` at which it leaves. */
interface Job extends HeapItem {
  readonly onDone: () => void;
  hasLeft: boolean;
}

export class Station {
  private readonly jobs = new MinHeap<Job>();
  private attained = 0;
  private attainedAtSeconds = 0;
  private disarm = (): void => undefined;

  /** `capacity` is in units per second. */
  constructor(
    private readonly capacity: number,
    private readonly clock: Clock,
    private readonly timer: Timer,
  ) {}

  /** Jobs being served now. */
  get jobCount(): number {
    return this.jobs.size;
  }

  /**
   * Takes a job of `demand` units in and calls `onDone` when it is served, never at once. What it returns withdraws the
   * job, after which `onDone` is not called any more.
   */
  serve(demand: number, onDone: () => void): () => void {
    const finished = this.catchUp();
    const job: Job = { key: this.attained + demand, position: 0, onDone, hasLeft: false };
    this.jobs.add(job);
    this.settle(finished);
    return () => this.withdraw(job);
  }

  private withdraw(job: Job): void {
    const finished = this.catchUp();
    if (!job.hasLeft) this.remove(job);
    this.settle(finished.filter((other) => other !== job));
  }

  /** Moves virtual time on to now, past every departure on the way, and returns who departed. */
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
    // An empty station starts afresh, which keeps the sums small and hence exact.
    if (this.jobs.size === 0) this.attained = 0;
  }

  /** Sets the timer for the next departure, and only then tells those who departed, as they may bring the next job. */
  private settle(finished: readonly Job[]): void {
    this.disarm();
    const next = this.jobs.first;
    if (next) this.disarm = this.timer(this.secondsUntil(next), () => this.settle(this.catchUp()));
    for (const job of finished) job.onDone();
  }
}
