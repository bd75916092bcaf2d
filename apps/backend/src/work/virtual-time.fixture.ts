// Time for tests: it stands still until it is moved, and wakes whom it was asked to on the way.
import type { Clock, Timer } from './station.js';

export class VirtualTime {
  private nowSeconds = 0;
  private readonly alarms = new Set<{ readonly at: number; readonly wake: () => void }>();

  /** `latenessSeconds` is asked for each timer how much too late it fires. */
  constructor(private readonly latenessSeconds: () => number = () => 0) {}

  readonly clock: Clock = () => this.nowSeconds;

  readonly timer: Timer = (delaySeconds, wake) => {
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

  /** Moves on until nothing is left to wake. */
  runOut(): void {
    for (let next = this.nextAlarm(); next; next = this.nextAlarm()) this.moveTo(next.at);
  }

  private nextAlarm() {
    return [...this.alarms].sort((a, b) => a.at - b.at)[0];
  }
}
