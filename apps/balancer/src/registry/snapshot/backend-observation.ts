// What the registry is told by those who see backends at work, and what it has cut.
import type { HealthObservation } from '@fairlead/scheduling';
import type { Evidence } from '../event-log.js';

/** What somebody saw of a backend. */
export interface BackendObservation {
  readonly what: HealthObservation;
  /** For people: what happened. */
  readonly reason: string;
  readonly evidence?: Evidence | undefined;
  /** The incarnation it was seen of; undefined: the present one. */
  readonly incarnation?: number | undefined;
  /** Whether those that wait for it are better served elsewhere, should it be ejected. */
  readonly retriesWaiting?: boolean | undefined;
}

/** What is cut of the exchanges on a backend: those that can turn to another one, or all. */
export type DisconnectScope = 'retryable' | 'all';
