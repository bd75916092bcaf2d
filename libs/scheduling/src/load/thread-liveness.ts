// Whether a dispatching thread still runs, as it shows other threads in shared memory.

/** Number of cells in {@link ThreadLiveness}. */
export const LIVENESS_CELLS = 2;

const BEATS = 0;
const OVERDUE = 1;

/** The heartbeat of one thread, and whether other threads have stopped waiting for it. */
export class ThreadLiveness {
  /** @param cells in shared memory, zero at first. */
  constructor(private readonly cells: Int32Array) {}

  /** Beats of the thread so far; wraps around. It grows while the event loop of the thread runs. */
  get beats(): number {
    return Atomics.load(this.cells, BEATS);
  }

  /** Counts a beat. Only the thread itself calls this. */
  beat(): void {
    Atomics.add(this.cells, BEATS, 1);
  }

  /**
   * Whether the other threads no longer wait for what they have sent this thread to be applied. While it is set, the
   * thread must apply that before it places a request: a slot may belong to another backend by now. Only the thread
   * that watches this one sets it.
   */
  get isOverdue(): boolean {
    return Atomics.load(this.cells, OVERDUE) !== 0;
  }
  set isOverdue(isOverdue: boolean) {
    Atomics.store(this.cells, OVERDUE, isOverdue ? 1 : 0);
  }
}
