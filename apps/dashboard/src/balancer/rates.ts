// PURE: request rates from two readings of the balancer's counters.
import type { FleetMetrics } from '@fairlead/contracts';

/** Requests per second since the previous reading; null if there is no previous value. */
export interface Rates {
  readonly requests: number | null;
  /** One per backend of the reading, in the same order. */
  readonly backends: readonly (number | null)[];
}

/** The counters of a reading that the rates depend on. */
export type Counters = Pick<FleetMetrics, 'uptimeSeconds'> & {
  readonly fleet: Pick<FleetMetrics['fleet'], 'requests'>;
  readonly backends: readonly Pick<FleetMetrics['backends'][number], 'id' | 'requests'>[];
};

/**
 * Returns the rates between two readings, by the balancer's uptime: it may have made a reading some time before it sent
 * it. Counters start at 0 when the balancer restarts (its uptime falls) or a counter is reset (it falls): the whole value
 * then counts.
 */
export function ratesBetween(previous: Counters | null, current: Counters): Rates {
  const restarted = previous !== null && current.uptimeSeconds < previous.uptimeSeconds;
  const elapsedSeconds = current.uptimeSeconds - (restarted ? 0 : (previous?.uptimeSeconds ?? 0));
  if (previous === null || elapsedSeconds <= 0) return { requests: null, backends: current.backends.map(() => null) };
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
