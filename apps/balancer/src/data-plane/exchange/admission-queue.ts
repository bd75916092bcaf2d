// Where requests wait when every backend that could take them is full, or when the registry has to confirm the fleet: first
// come, first served, for a short time.

/** A request that waits. */
export interface Waiter {
  /** Tries to place the request; called when there may be room. Returns whether it was placed. */
  readonly tryEnter: () => boolean;
  /** It has waited as long as it may. */
  readonly onTimeout: () => void;
  /** Monotonic time at which it stops waiting, seconds. */
  readonly expiresAtSeconds: number;
}

/**
 * How often the queue looks for room it was not told of: on a backend that came up, or freed by another thread, or because
 * the fleet was confirmed.
 */
const POLL_INTERVAL_MS = 10;
/**
 * Room on one backend is of no use to a request that needs another one, so the first in line must not block the rest.
 * Each try costs a placement, so only this many may fail in a pass.
 */
const MAX_REFUSED_PER_PASS = 8;

export class AdmissionQueue {
  private readonly waiting = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private isPassScheduled = false;
  /** The part of the number in {@link counts} that is this queue's. */
  private counted = 0;

  constructor(
    /** How many requests may wait. When it is lowered, those that wait stay. */
    public capacity: number,
    /** Monotonic seconds. */
    private readonly clock: () => number,
    /** Holds the number of waiting requests, of this queue and others. */
    private readonly counts: { queued: number },
  ) {}

  /** How many requests wait. */
  get length(): number {
    return this.waiting.size;
  }

  /** Adds a request at the end of the line. Returns false when the queue is full. */
  join(waiter: Waiter): boolean {
    if (this.waiting.size >= this.capacity) return false;
    this.waiting.add(waiter);
    this.count();
    this.timer ??= setInterval(() => this.poll(), POLL_INTERVAL_MS);
    return true;
  }

  /** Removes a request whose client has gone. */
  leave(waiter: Waiter): void {
    this.waiting.delete(waiter);
    this.update();
  }

  /** An exchange has ended: the waiting requests are tried after the present callback. */
  onPlaceFreed(): void {
    if (this.waiting.size === 0 || this.isPassScheduled) return;
    this.isPassScheduled = true;
    queueMicrotask(() => {
      this.isPassScheduled = false;
      this.admit();
    });
  }

  private poll(): void {
    this.admit();
    const now = this.clock();
    for (const waiter of this.waiting) {
      if (waiter.expiresAtSeconds > now) continue;
      this.waiting.delete(waiter);
      // Before the client can see its response.
      this.count();
      waiter.onTimeout();
    }
    this.update();
  }

  private admit(): void {
    let refused = 0;
    for (const waiter of this.waiting) {
      if (waiter.tryEnter()) this.waiting.delete(waiter);
      else if (++refused === MAX_REFUSED_PER_PASS) break;
    }
    this.update();
  }

  private update(): void {
    this.count();
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private count(): void {
    this.counts.queued += this.waiting.size - this.counted;
    this.counted = this.waiting.size;
  }
}
