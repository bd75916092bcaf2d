// When the logs of the threads are read: always or, when there are very many records, in windows with pauses between them. A
// part of the requests is enough to learn from, but within a window all are read: a sample needs those beside it.

/** With more records than this per second, only windows are read. */
const RECORDS_PER_SECOND = 12_000;
const WINDOW_SECONDS = 2;
const MAX_PAUSE_SECONDS = 20;

/** Times are monotonic seconds. */
export class ReadingWindows {
  private endsAt = 0;
  private records = 0;
  /** 0: there is no pause. */
  private pausedUntil = 0;

  /** @param pause called with true when a pause begins, and with false when it ends. */
  constructor(private readonly pause: (isPaused: boolean) => void) {}

  /** Whether to read now. Ends a pause that is over. */
  isOpen(now: number): boolean {
    if (now < this.pausedUntil) return false;
    if (this.pausedUntil > 0) {
      this.pausedUntil = 0;
      this.pause(false);
    }
    return true;
  }

  /** Counts records that were read. Begins a pause when a window that had too many is over. */
  count(records: number, now: number): void {
    this.records += records;
    if (now < this.endsAt) return;
    const share = this.records / (RECORDS_PER_SECOND * WINDOW_SECONDS);
    if (share > 1) {
      this.pausedUntil = now + Math.min(MAX_PAUSE_SECONDS, WINDOW_SECONDS * (share - 1));
      this.pause(true);
    }
    this.records = 0;
    this.endsAt = Math.max(now, this.pausedUntil) + WINDOW_SECONDS;
  }
}
