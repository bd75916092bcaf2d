// When the model is fitted again: soon while little is known, and seldom enough to cost little once much is.

/** Samples before the first fit. Later fits wait until 30 % of all samples are new, but for at least 30 and at most 300 new ones. */
const FIRST_FIT_SAMPLES = 30;
const FIT_AFTER_PART = 0.3;
const FIT_AFTER_SAMPLES = 300;
/** Least seconds between fits once the store is full: a fit then takes 10 to 100 ms. */
const FULL_FIT_INTERVAL_SECONDS = 2;
/** Longest that a sample waits for a fit when few others come, seconds: for the first fit, and for a later one. */
const FIRST_WAIT_SECONDS = 0.5;
const MAX_WAIT_SECONDS = 10;

export class FitSchedule {
  private fits = 0;
  private fittedSamples = 0;
  private fittedAt = -Infinity;
  /** When the oldest sample since the last fit was noticed; undefined: there is none. */
  private waitingSince: number | undefined;

  /**
   * Whether the next fit should begin.
   *
   * @param total samples since the start.
   * @param isFull whether a new sample replaces an old one.
   */
  isDue(total: number, isFull: boolean, atSeconds: number): boolean {
    const fresh = total - this.fittedSamples;
    if (fresh === 0) return false;
    this.waitingSince ??= atSeconds;
    if (isFull && atSeconds - this.fittedAt < FULL_FIT_INTERVAL_SECONDS) return false;
    const wait = Math.min(FIT_AFTER_SAMPLES, Math.max(FIRST_FIT_SAMPLES, FIT_AFTER_PART * total));
    const longest = this.fits === 0 ? FIRST_WAIT_SECONDS : MAX_WAIT_SECONDS;
    return fresh >= wait || atSeconds - this.waitingSince >= longest;
  }

  /** Records that a fit to `total` samples begins. */
  begin(total: number, atSeconds: number): void {
    this.fits++;
    this.fittedSamples = total;
    this.fittedAt = atSeconds;
    this.waitingSince = undefined;
  }
}
