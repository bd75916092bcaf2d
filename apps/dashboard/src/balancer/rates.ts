// PURE: request rates out of two readings of the balancer's counters.
import type { FleetMetrics } from '@fairlead/contracts';

/** Requests per second since the reading before; null where there is nothing to compare with yet. */
export interface Rates {
  readonly requests: number | null;
  /** One for each of the reading's backends, in their order. */
  readonly backends: readonly (number | null)[];
}

/** What the computation needs of a reading. */
export type Counters = Pick<FleetMetrics, 'uptimeSeconds'> & {
  readonly fleet: Pick<FleetMetrics['fleet'], 'requests'>;
  readonly backends: readonly Pick<FleetMetrics['backends'][number], 'id' | 'requests'>[];
};

/**
 * Rates between two readings that lie `elapsedSeconds` apart on a monotonic clock. A balancer that restarted between
 * them (its uptime fell) counts anew, and so does a counter that fell: what it shows now is what happened since.
 */
export function ratesBetween(previous: Counters | null, current: Counters, elapsedSeconds: number): Rates {
  if (previous === null || elapsedSeconds <= 0) return { requests: null, backends: current.backends.map(() => null) };
  const restarted = current.uptimeSeconds < previous.uptimeSeconds;
  const rate = (before: number, now: number) => (restarted || now < before ? now : now - before) / elapsedSeconds;
  const before = new Map(previous.backends.map(({ id, requests }) => [id, requests]));
  return {
    requests: rate(previous.fleet.requests, current.fleet.requests),
    backends: current.backends.map(({ id, requests }) => {
      const requestsBefore = before.get(id);
      return requestsBefore === undefined ? null : rate(requestsBefore, requests);
    }),
  };
}
