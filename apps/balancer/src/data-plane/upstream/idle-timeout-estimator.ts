// How long each backend leaves idle connections open, estimated from what it did. A connection that the backend is about to
// close must not be used again: a request that crosses the close on the wire is lost unless its method is idempotent.
//
// HTTP/1.1 cannot tell the two cases apart (RFC 9112 §9.5). What a backend announces (`Keep-Alive: timeout`) is kept with
// the connection; this is for the many that announce nothing.

/** The longest time an idle connection is kept. Milliseconds. */
export const MAX_IDLE_MS = 60_000;

/** A connection that has been idle for less is used for any method, whatever is known. Milliseconds. */
const ALWAYS_USABLE_MS = 500;
/** A connection closed sooner was not closed for being idle: the backend was shutting down. Milliseconds. */
const MIN_TIMEOUT_MS = 200;
/** The part of the estimated timeout up to which connections are used. */
const MARGIN = 0.75;
/** The part of the longest idle time that was seen to work up to which connections are used for unsafe requests. */
const PROVEN_MARGIN = 0.9;
/** An estimate that was not confirmed for this long is dropped: the backend may have other settings by now. */
const MEMORY_MS = 10 * 60_000;

/** Estimates kept, as many as there may be backends: backends that come and go leave theirs behind for {@link MEMORY_MS}. */
export const MAX_ESTIMATES = 65_536;

interface Estimate {
  /** The shortest idle time after which the backend closed a connection; infinite if it closed none. Milliseconds. */
  closesAfterMs: number;
  closedAtMs: number;
  /** The longest idle time after which a connection still served an exchange. Milliseconds. */
  provenMs: number;
}

/** What is known of every backend, by its URL. */
export class IdleTimeoutEstimator {
  private readonly estimates = new Map<string, Estimate>();

  /** `nowMs`: monotonic milliseconds. */
  constructor(private readonly nowMs: () => number) {}

  /** The backend closed a connection that had been idle for `idleMs`. */
  recordClose(url: string, idleMs: number): void {
    if (idleMs < MIN_TIMEOUT_MS) return;
    const estimate = this.estimateOf(url);
    estimate.closesAfterMs = Math.min(estimate.closesAfterMs, idleMs);
    estimate.closedAtMs = this.nowMs();
    estimate.provenMs = Math.min(estimate.provenMs, estimate.closesAfterMs);
  }

  /** A connection that had been idle for `idleMs` served another exchange. */
  recordReuse(url: string, idleMs: number): void {
    if (idleMs <= ALWAYS_USABLE_MS) return;
    const estimate = this.estimateOf(url);
    estimate.provenMs = Math.max(estimate.provenMs, Math.min(idleMs, estimate.closesAfterMs));
  }

  /** How long a connection may be idle before it is closed, milliseconds. */
  maxIdleMs(url: string): number {
    const estimate = this.estimates.get(url);
    if (estimate === undefined || this.isStale(estimate)) return MAX_IDLE_MS;
    return Math.min(MAX_IDLE_MS, MARGIN * estimate.closesAfterMs);
  }

  /** How long a connection may have been idle to carry a request that cannot be sent again, milliseconds. */
  maxIdleForUnsafeMs(url: string): number {
    const provenMs = this.estimates.get(url)?.provenMs ?? 0;
    return Math.min(this.maxIdleMs(url), Math.max(ALWAYS_USABLE_MS, PROVEN_MARGIN * provenMs));
  }

  /** How many backends something is known of. */
  get size(): number {
    return this.estimates.size;
  }

  /** Drops what was not confirmed for long, and the oldest beyond {@link MAX_ESTIMATES}. Call it about once a second. */
  prune(): void {
    let surplus = this.estimates.size - MAX_ESTIMATES;
    for (const [url, estimate] of this.estimates) {
      if (surplus-- > 0 || this.isStale(estimate)) this.estimates.delete(url);
    }
  }

  private estimateOf(url: string): Estimate {
    let estimate = this.estimates.get(url);
    if (!estimate || this.isStale(estimate)) {
      estimate = { closesAfterMs: Infinity, closedAtMs: this.nowMs(), provenMs: 0 };
      this.estimates.set(url, estimate);
    }
    return estimate;
  }

  private isStale({ closedAtMs }: Estimate): boolean {
    return this.nowMs() - closedAtMs > MEMORY_MS;
  }
}
