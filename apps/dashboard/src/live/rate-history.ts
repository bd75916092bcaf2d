// The request rate of the last minutes, for new pages.

/** How far back the chart reaches. */
export const HISTORY_MS = 5 * 60 * 1000;

/** Wall clock in milliseconds, and requests per second at that time; null during an outage. */
export type RatePoint = readonly [atMs: number, rate: number | null];

/** The points of the chart. */
export class RateHistory {
  private points: RatePoint[] = [];

  /** Adds a point and removes those that are too old for the chart. */
  add(atMs: number, rate: number | null): void {
    this.points.push([atMs, rate]);
    const firstKept = this.points.findIndex(([pointMs]) => pointMs >= atMs - HISTORY_MS);
    if (firstKept > 0) this.points.splice(0, firstKept);
  }

  toJSON(): readonly RatePoint[] {
    return this.points;
  }
}
