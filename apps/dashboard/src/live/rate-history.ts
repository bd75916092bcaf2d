// The request rate of the last minutes, for a page that opens now.

/** How far back the chart reaches. */
export const HISTORY_MS = 5 * 60 * 1000;

/** Wall clock in milliseconds, and requests per second then; null while it was not known. */
export type RatePoint = readonly [atMs: number, rate: number | null];

export class RateHistory {
  private points: RatePoint[] = [];

  /** Adds a point and forgets those that fell off the chart. */
  add(atMs: number, rate: number | null): void {
    this.points.push([atMs, rate]);
    const firstKept = this.points.findIndex(([pointMs]) => pointMs >= atMs - HISTORY_MS);
    if (firstKept > 0) this.points.splice(0, firstKept);
  }

  toJSON(): readonly RatePoint[] {
    return this.points;
  }
}
