// A timer that is fed: it barks when it was left alone for too long.

export class Watchdog {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bark: () => void) {}

  /** Barks in `ms` unless it is fed, stopped or set anew. */
  watch(ms: number): void {
    clearTimeout(this.timer);
    this.timer = ms === Infinity ? undefined : setTimeout(this.bark, ms);
  }

  /** The time runs anew. */
  feed(): void {
    this.timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
