// Time for tests: it stands still until a test moves it, and fires the timers on the way.
import type { StationClock, StationTimer } from './station.js';

export class VirtualTime {
  private nowSeconds = 0;
  private readonly alarms = new Set<{ readonly at: number; readonly wake: () => void }>();

  /** `latenessSeconds` returns, for each timer, by how much it fires late. */
  constructor(private readonly latenessSeconds: () => number = () => 0) {}

  readonly clock: StationClock = () => this.nowSeconds;

  readonly timer: StationTimer = (delaySeconds, wake) => {
    const alarm = { at: this.nowSeconds + delaySeconds + this.latenessSeconds(), wake };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  };

  moveTo(seconds: number): void {
    for (let next = this.nextAlarm(); next && next.at <= seconds; next = this.nextAlarm()) {
      this.alarms.delete(next);
      this.nowSeconds = Math.max(this.nowSeconds, next.at);
      next.wake();
    }
    this.nowSeconds = seconds;
  }

  /** Moves on until no timer is left. */
  runOut(): void {
    for (let next = this.nextAlarm(); next; next = this.nextAlarm()) this.moveTo(next.at);
  }

  private nextAlarm() {
    return [...this.alarms].sort((a, b) => a.at - b.at)[0];
  }
}
