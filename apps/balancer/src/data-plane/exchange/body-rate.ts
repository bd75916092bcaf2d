// Whether a body moves fast enough. A client that moves a byte now and then is never idle, and could otherwise hold its place
// on a backend for as long as it likes.

/** How long a body may move slower than the minimum rate before anything else counts. Milliseconds. */
const GRACE_MS = 10_000;

/**
 * A time credit, as in Apache's mod_reqtimeout: it starts at 10 s, shrinks as time passes, and grows with each byte by the time
 * that the byte takes at the minimum rate. The credit is limited, so that a fast start cannot pay for hours.
 */
export class BodyRate {
  /** Bytes since the last check. */
  private bytes = 0;
  private creditMs = GRACE_MS;
  private maxCreditMs = GRACE_MS;
  private readonly msPerByte: number;

  /** `minBytesPerSecond`: 0 for no minimum. */
  constructor(minBytesPerSecond: number) {
    this.msPerByte = minBytesPerSecond === 0 ? Infinity : 1000 / minBytesPerSecond;
  }

  /** Starts over for another body. `maxIdleMs`: how long it may make no progress at all. */
  reset(maxIdleMs: number): void {
    this.bytes = 0;
    this.creditMs = GRACE_MS;
    this.maxCreditMs = Math.max(GRACE_MS, maxIdleMs);
  }

  /** Bytes have moved. */
  add(bytes: number): void {
    this.bytes += bytes;
  }

  /** Takes the bytes that moved since the last call. */
  takeBytes(): number {
    const { bytes } = this;
    this.bytes = 0;
    return bytes;
  }

  /** Whether the body is too slow, after `elapsedMs` in which `bytes` moved and more would have been accepted. */
  isTooSlow(bytes: number, elapsedMs: number): boolean {
    const earnedMs = bytes * this.msPerByte;
    if (earnedMs === Infinity || Number.isNaN(earnedMs)) return false;
    this.creditMs = Math.min(this.maxCreditMs, this.creditMs + earnedMs) - elapsedMs;
    return this.creditMs <= 0;
  }
}
