// What the metrics of one scrape are made of: all of them are read at one moment.
import type { FleetMetrics } from '@fairlead/contracts';

/** The readings of a scrape. */
export interface Scrape {
  readonly metrics: FleetMetrics;
  /** Requests that wait for room, by pool. */
  readonly queued: Readonly<Record<string, number>>;
}
