// What the metrics of one scrape are made of. Backends are read once for it, so that their metrics fit together; the counters
// of threads, which go on counting, are read one after another.
import type { FleetMetrics } from '@fairlead/contracts';
import type { LoadTable } from '@fairlead/scheduling';
import type { RegistryService } from '../../registry/registry.service.js';
import type { LoadHistory, RecentLoad } from '../load-history.js';

/** Means are taken over as much as Prometheus usually lets pass between two scrapes. */
const MEAN_SECONDS = 15;

/** What is read of a backend besides {@link FleetMetrics}. */
export interface BackendReading {
  readonly id: string;
  readonly pool: string;
  readonly slot: number;
  /** What placement reckons with: declared, or a stand-in. */
  readonly capacity: ArrayLike<number>;
  /** Over the last 15 s. */
  readonly recent: RecentLoad;
  /** Responses by class of status. */
  readonly statuses: readonly number[];
}

/** The readings of a scrape. */
export interface Scrape {
  readonly metrics: FleetMetrics;
  readonly backends: readonly BackendReading[];
  /** Requests that wait for room, by pool. */
  readonly queued: Readonly<Record<string, number>>;
}

/** Reads all backends. */
export function readBackends(
  registry: RegistryService,
  history: LoadHistory,
  table: LoadTable,
): readonly BackendReading[] {
  return registry.list().map((backend) => {
    const { id, pool, slot } = backend;
    const capacity = registry.snapshots.capacityOf(backend);
    const recent = history.recent(slot, MEAN_SECONDS);
    return { id, pool, slot, capacity, recent, statuses: table.statuses(slot) };
  });
}
