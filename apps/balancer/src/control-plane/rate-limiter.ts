// So many calls a minute for each key, evenly or in one go; the memory it takes is bounded.
import type { Clock } from '@fairlead/scheduling';

const WINDOW_SECONDS = 60;

/** Less than anybody can wait: what rounding leaves behind refuses nobody. */
const ROUNDING_SECONDS = 1e-6;

/**
 * A token bucket for each key, kept as one number: the generic cell rate algorithm, ITU-T I.371, in its form of virtual
 * scheduling. A key that has not called for a minute may make all its calls at once.
 */
export class RateLimiter {
  /** When, on the clock, the bucket of each key will be full again, seconds. The keys not used for longest come first. */
  private readonly fullAt = new Map<string, number>();

  constructor(
    private readonly callsPerMinute: number,
    /** Keys beyond this many push out the one not used for longest, which then begins with a full bucket. */
    private readonly maxKeys: number,
    private readonly clock: Clock,
  ) {}

  /** Takes a call of `key` into account. Answers the seconds until it may call again: 0 if this call is allowed. */
  tryConsume(key: string): number {
    const now = this.clock();
    const before = this.fullAt.get(key) ?? now;
    const after = Math.max(before, now) + WINDOW_SECONDS / this.callsPerMinute;
    const excessSeconds = after - now - WINDOW_SECONDS;
    const waitSeconds = excessSeconds > ROUNDING_SECONDS ? excessSeconds : 0;
    this.fullAt.delete(key);
    // A refused call costs nothing, so that whoever waits as told is let in.
    this.fullAt.set(key, waitSeconds > 0 ? before : after);
    if (this.fullAt.size > this.maxKeys) this.forgetOldest();
    return waitSeconds;
  }

  private forgetOldest(): void {
    for (const key of this.fullAt.keys()) {
      this.fullAt.delete(key);
      return;
    }
  }
}
