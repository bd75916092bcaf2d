// The mean cost that backends report for a class of requests, protected against wrong or hostile reports.
import type { ResourceVector } from '../../resources.js';

/** After this time, an old report counts for e⁻¹ of a new one. */
const MEMORY_SECONDS = 300;
/**
 * A report counts as at most this multiple of the current mean, so no single report raises the mean by a greater
 * factor.
 */
export const MAX_RAISE = 8;

/** A moving mean with η = max(1/n, 1 − e^(−Δt/τ)): the plain mean at first, later the mean of the last minutes. */
export class ReportedDemand {
  /** Number of reports. */
  reports = 0;
  /** Mean cost, units by resource. */
  readonly mean: ResourceVector;
  private lastAtSeconds = 0;

  constructor(resourceCount: number) {
    this.mean = new Float64Array(resourceCount);
  }

  /**
   * Adds a report, units by resource.
   *
   * @param expected the estimate so far, units. A report counts as at most `MAX_RAISE` times this or the mean,
   *   whichever is larger.
   */
  add(demand: ArrayLike<number>, expected: ArrayLike<number>, atSeconds: number): void {
    this.reports++;
    const ageGain = 1 - Math.exp(-Math.max(0, atSeconds - this.lastAtSeconds) / MEMORY_SECONDS);
    const gain = this.reports === 1 ? 1 : Math.max(1 / this.reports, ageGain);
    this.lastAtSeconds = atSeconds;
    for (let r = 0; r < this.mean.length; r++) {
      const ceiling = MAX_RAISE * Math.max(this.reports === 1 ? 0 : this.mean[r], expected[r]);
      this.mean[r] += gain * (Math.min(demand[r], ceiling) - this.mean[r]);
    }
  }
}
