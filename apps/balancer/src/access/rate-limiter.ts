// Limits calls per minute for each key. A key may make them evenly or at once; the memory used is bounded.
import type { Clock } from '@fairlead/scheduling';
import { LRUCache } from 'lru-cache';

const WINDOW_SECONDS = 60;

/** An excess below this is a rounding error and refuses no call. */
const ROUNDING_SECONDS = 1e-6;

/**
 * A token bucket for each key, kept as one number: the generic cell rate algorithm, ITU-T I.371, in its form of virtual
 * scheduling. A key that has not called for a minute may make all its calls at once.
 */
export class RateLimiter {
  /** The time on the clock at which the bucket of each key will be full again, seconds. */
  private readonly fullAt: LRUCache<string, number>;

  constructor(
    /** 0: no limit. */
    private readonly callsPerMinute: number,
    /** With more keys than this the least recently used one is forgotten: its bucket is full when it calls again. */
    maxKeys: number,
    private readonly clock: Clock,
  ) {
    this.fullAt = new LRUCache({ max: maxKeys });
  }

  /** Consumes a call of `key`. Returns the seconds until it may call again: 0 if this call is allowed. */
  tryConsume(key: string): number {
    if (this.callsPerMinute === 0) return 0;
    const now = this.clock();
    const before = this.fullAt.get(key) ?? now;
    const after = Math.max(before, now) + WINDOW_SECONDS / this.callsPerMinute;
    const excessSeconds = after - now - WINDOW_SECONDS;
    const waitSeconds = excessSeconds > ROUNDING_SECONDS ? excessSeconds : 0;
    // A refused call costs nothing, so that a caller that waits as told is allowed.
    this.fullAt.set(key, waitSeconds > 0 ? before : after);
    return waitSeconds;
  }
}
