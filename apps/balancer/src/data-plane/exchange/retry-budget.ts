// Limits retries to a ratio of the recent requests.
import type { Clock } from '@fairlead/scheduling';

/** How far back the budget looks: the time in which deposits and withdrawals fade to 1/e. Seconds. */
const MEMORY_SECONDS = 10;
/** How often it fades at least while requests arrive: what arrived since has faded by less than 1 %. Seconds. */
const FADE_INTERVAL_SECONDS = 0.1;

/**
 * Limits retries to a ratio of the recent requests: a failing fleet is not drowned in them, and a backend that dies with
 * many requests in flight still costs none of them. Every request deposits `ratio` of a retry, every retry withdraws one,
 * and the balance fades towards zero (after Finagle's RetryBudget; docs/decisions/0007).
 */
export class RetryBudget {
  private balance = 0;
  private fadedAt: number;

  constructor(
    /** Retries per request, 0 to 1. */
    public ratio: number,
    /** Retries per second that are allowed in any case. */
    public minPerSecond: number,
    private readonly clock: Clock,
  ) {
    this.fadedAt = clock();
  }

  /** Records a request that arrived at this second of the clock. */
  deposit(atSeconds: number): void {
    if (atSeconds - this.fadedAt > FADE_INTERVAL_SECONDS) this.fade(atSeconds);
    this.balance += this.ratio;
  }

  /** Whether a retry can be withdrawn now. */
  get canWithdraw(): boolean {
    this.fade(this.clock());
    return this.balance - 1 >= -this.minPerSecond * MEMORY_SECONDS;
  }

  /** Withdraws a retry; returns false when the budget is spent. */
  tryWithdraw(): boolean {
    if (!this.canWithdraw) return false;
    this.balance--;
    return true;
  }

  private fade(now: number): void {
    this.balance *= Math.exp((this.fadedAt - now) / MEMORY_SECONDS);
    this.fadedAt = now;
  }
}
