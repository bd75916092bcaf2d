// How long a backend leaves idle connections open, as it was seen to do: a connection that it is about to close must not
// be used again, for a request that crosses the close on the wire is lost unless its method is idempotent.
//
// HTTP/1.1 has no way to tell the two apart (RFC 9112 §9.5). What a backend announces (`Keep-Alive: timeout`) is heeded
// where connections are kept; this is for the many that announce nothing.

/** How long an idle connection is kept at most. Milliseconds. */
export const MAX_IDLE_MS = 60_000;

/** An idle connection this young is used for any method, whatever is known. */
const ALWAYS_USABLE_MS = 500;
/** A connection closed sooner than this was not closed for being idle: the backend was shutting down. */
const MIN_TIMEOUT_MS = 200;
/** The part of the observed habit up to which connections are used; of what was seen to work, for any method. */
const MARGIN = 0.75;
const PROVEN_MARGIN = 0.9;
/** A habit not seen again for so long is forgotten: the backend may run with other settings by now. */
const MEMORY_MS = 10 * 60_000;

interface Estimate {
  /** Idle time after which it closed a connection, the shortest seen; infinite when none was. */
  closesAfterMs: number;
  closedAtMs: number;
  /** Idle time after which a connection still served an exchange, the longest seen. */
  provenMs: number;
}

/** What is known of all backends, by any key that stands for one. */
export class IdleTimeoutEstimator {
  private readonly estimates = new Map<string, Estimate>();

  constructor(private readonly nowMs: () => number) {}

  /** The backend closed a connection that had been idle for `idleMs`. */
  recordClose(key: string, idleMs: number): void {
    if (idleMs < MIN_TIMEOUT_MS) return;
    const habit = this.estimateOf(key);
    habit.closesAfterMs = Math.min(habit.closesAfterMs, idleMs);
    habit.closedAtMs = this.nowMs();
    habit.provenMs = Math.min(habit.provenMs, habit.closesAfterMs);
  }

  /** A connection that had been idle for `idleMs` served one more exchange. */
  recordReuse(key: string, idleMs: number): void {
    if (idleMs <= ALWAYS_USABLE_MS) return;
    const habit = this.estimateOf(key);
    habit.provenMs = Math.max(habit.provenMs, Math.min(idleMs, habit.closesAfterMs));
  }

  /** How long a connection may have been idle to be kept at all, milliseconds. */
  maxIdleMs(key: string): number {
    const habit = this.estimates.get(key);
    return habit === undefined ? MAX_IDLE_MS : Math.min(MAX_IDLE_MS, MARGIN * habit.closesAfterMs);
  }

  /** How long a connection may have been idle to carry a request that must not be lost, milliseconds. */
  maxIdleForUnsafeMs(key: string): number {
    const provenMs = this.estimates.get(key)?.provenMs ?? 0;
    return Math.min(this.maxIdleMs(key), Math.max(ALWAYS_USABLE_MS, PROVEN_MARGIN * provenMs));
  }

  private estimateOf(key: string): Estimate {
    let habit = this.estimates.get(key);
    if (!habit || this.nowMs() - habit.closedAtMs > MEMORY_MS) {
      habit = { closesAfterMs: Infinity, closedAtMs: this.nowMs(), provenMs: 0 };
      this.estimates.set(key, habit);
    }
    return habit;
  }
}
