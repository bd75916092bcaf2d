// The mean of what backends report for a class of requests, on guard against reports that are wrong or hostile.
import type { ResourceVector } from '../resources.js';

/** After this long an old report counts for e⁻¹ of a new one. */
const MEMORY_SECONDS = 300;
/** A report counts as at most so many times the mean it meets, so no single one raises the mean by a greater factor. */
export const MAX_RAISE = 8;

/** A moving mean with η = max(1/n, 1 − e^(−Δt/τ)): the plain mean at first, of the last minutes later on. */
export class ReportedDemand {
  reports = 0;
  readonly mean: ResourceVector;
  private lastAtSeconds = 0;

  constructor(resourceCount: number) {
    this.mean = new Float64Array(resourceCount);
  }

  /** Takes a report, units. `expected` is the estimate so far: what the first reports are held against. */
  add(demand: ArrayLike<number>, expected: ArrayLike<number>, atSeconds: number): void {
    this.reports++;
    const aged = 1 - Math.exp(-Math.max(0, atSeconds - this.lastAtSeconds) / MEMORY_SECONDS);
    const pace = this.reports === 1 ? 1 : Math.max(1 / this.reports, aged);
    this.lastAtSeconds = atSeconds;
    for (let r = 0; r < this.mean.length; r++) {
      const ceiling = MAX_RAISE * Math.max(this.reports === 1 ? 0 : this.mean[r], expected[r]);
      this.mean[r] += pace * (Math.min(demand[r], ceiling) - this.mean[r]);
    }
  }
}
