// What is observed of a backend, and which of its exchanges an observation may end.
import type { HealthObservation } from '@fairlead/scheduling';
import type { Evidence } from '../event-log.js';

/** One observation of a backend. */
export interface BackendObservation {
  readonly what: HealthObservation;
  /** For people: what happened. */
  readonly reason: string;
  readonly evidence?: Evidence | undefined;
  /** The incarnation that was observed; undefined: the present one. */
  readonly incarnation?: number | undefined;
  /** Whether exchanges that wait for a response should be retried elsewhere if the backend is ejected. */
  readonly retriesWaiting?: boolean | undefined;
}

/** Which exchanges of a backend are ended: those that another backend can still serve, or all. */
export type DisconnectScope = 'retryable' | 'all';
