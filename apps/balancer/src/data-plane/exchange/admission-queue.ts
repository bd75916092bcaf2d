// Where requests wait when every backend that could take them is full: first come, first served, and not for long.

/** A request that waits. */
export interface Waiter {
  /** Tries to get a place; called when there may be one. Answers whether there was. */
  readonly tryEnter: () => boolean;
  /** It has waited as long as it may. */
  readonly onTimeout: () => void;
  /** Monotonic time at which it gives up, seconds. */
  readonly expiresAtSeconds: number;
}

/** How often those who wait look for room that nobody told of: on a backend that came up, or freed by another thread. */
const POLL_INTERVAL_MS = 10;
/**
 * Room on one backend is of no use to a request that needs another one, so that the first in line must not hold up the
 * rest; but only so many are asked each time, for each costs a placement.
 */
const MAX_REFUSED_PER_PASS = 8;

export class AdmissionQueue {
  private readonly waiting = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private isDue = false;

  constructor(
    private readonly capacity: number,
    private readonly clock: () => number,
    /** Is kept at how many wait. */
    private readonly counts: { queued: number },
  ) {}

  /** Puts a request in line. Answers whether there was room in it. */
  join(waiter: Waiter): boolean {
    if (this.waiting.size >= this.capacity) return false;
    this.waiting.add(waiter);
    this.counts.queued = this.waiting.size;
    this.timer ??= setInterval(() => this.poll(), POLL_INTERVAL_MS);
    return true;
  }

  /** It does not wait any more: its client went away. */
  leave(waiter: Waiter): void {
    this.waiting.delete(waiter);
    this.updateTimer();
  }

  /** An exchange has ended. Those who wait are asked once what is going on now is over. */
  onPlaceFreed(): void {
    if (this.waiting.size === 0 || this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      this.admit();
    });
  }

  private poll(): void {
    this.admit();
    const now = this.clock();
    for (const waiter of this.waiting) {
      if (waiter.expiresAtSeconds > now) continue;
      this.waiting.delete(waiter);
      // Before its client can know.
      this.counts.queued = this.waiting.size;
      waiter.onTimeout();
    }
    this.updateTimer();
  }

  private admit(): void {
    let asked = 0;
    for (const waiter of this.waiting) {
      if (waiter.tryEnter()) this.waiting.delete(waiter);
      else if (++asked === MAX_REFUSED_PER_PASS) break;
    }
    this.updateTimer();
  }

  private updateTimer(): void {
    this.counts.queued = this.waiting.size;
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
