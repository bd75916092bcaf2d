// Deadlines that are moved with every request. One clock looks at all of them: setting and clearing a timer for each
// request costs more than looking at the open ones now and then.
import { monotonicMs } from '../../clock/monotonic.js';
import { IndexedSet, type IndexedSetMember } from './indexed-set.js';

/** How often the clock looks. A deadline is late by up to this, and early by up to this when it was set. Milliseconds. */
const TICK_MS = 20;

/** The clock of a thread, and coarse time for whatever does not need to be exact. */
export class DeadlineClock {
  /** Monotonic milliseconds, late by up to a tick. */
  nowMs: number;
  private readonly deadlines = new IndexedSet<Deadline>();
  private readonly timer: NodeJS.Timeout;

  /** `now`: monotonic milliseconds. */
  constructor(private readonly now: () => number = monotonicMs) {
    this.nowMs = now();
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** No deadline expires any more. */
  stop(): void {
    clearInterval(this.timer);
  }

  add(deadline: Deadline): void {
    this.deadlines.add(deadline);
  }

  delete(deadline: Deadline): void {
    this.deadlines.delete(deadline);
  }

  private tick(): void {
    this.nowMs = this.now();
    this.deadlines.forEach((deadline) => {
      if (deadline.expiresAtMs <= this.nowMs) deadline.expire();
    });
  }
}

/** One deadline, set and cleared any number of times. Times in milliseconds. */
export class Deadline implements IndexedSetMember {
  setIndex = -1;
  /** Coarse time of {@link DeadlineClock}. */
  expiresAtMs = Infinity;
  private timeoutMs = Infinity;

  constructor(
    private readonly clock: DeadlineClock,
    private readonly onExpired: () => void,
  ) {}

  /** Expires in `ms`, unless it is touched, set again or cleared before. */
  set(ms: number): void {
    this.timeoutMs = ms;
    this.expiresAtMs = this.clock.nowMs + ms;
    this.clock.add(this);
  }

  /** Runs from the beginning. */
  touch(): void {
    this.expiresAtMs = this.clock.nowMs + this.timeoutMs;
  }

  clear(): void {
    this.expiresAtMs = Infinity;
    this.clock.delete(this);
  }

  /** Called by the clock. */
  expire(): void {
    this.clear();
    this.onExpired();
  }
}
