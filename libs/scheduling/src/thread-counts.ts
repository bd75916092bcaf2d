// What a thread that serves requests counts besides the load of the backends. In shared memory, like the rest of its row.

/** The names of the counters; each has a cell of its own, in this order. */
const CELLS = ['taken', 'unplaced', 'retries', 'queued', 'reportsAccepted', 'reportsIgnored'] as const;

/** A counter of {@link ThreadCounts}. */
export type ThreadCount = (typeof CELLS)[number];

/** How many cells {@link ThreadCounts} takes. */
export const THREAD_COUNTS = CELLS.length;

/** One thread's counters. Only that thread writes them; any other may read them at any time. */
export class ThreadCounts implements Record<ThreadCount, number> {
  constructor(private readonly cells: Float64Array) {}

  /** Requests taken from clients, since start. */
  get taken(): number {
    return this.cells[0];
  }
  set taken(requests: number) {
    this.cells[0] = requests;
  }

  /** Requests that no backend could take, since start. */
  get unplaced(): number {
    return this.cells[1];
  }
  set unplaced(requests: number) {
    this.cells[1] = requests;
  }

  /** Attempts beyond the first, since start. */
  get retries(): number {
    return this.cells[2];
  }
  set retries(attempts: number) {
    this.cells[2] = attempts;
  }

  /** Requests that wait for room now. */
  get queued(): number {
    return this.cells[3];
  }
  set queued(requests: number) {
    this.cells[3] = requests;
  }

  /** Cost reports taken in, since start. */
  get reportsAccepted(): number {
    return this.cells[4];
  }
  set reportsAccepted(reports: number) {
    this.cells[4] = reports;
  }

  /** Cost reports that made no sense, since start. */
  get reportsIgnored(): number {
    return this.cells[5];
  }
  set reportsIgnored(reports: number) {
    this.cells[5] = reports;
  }
}
