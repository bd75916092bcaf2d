// What the registry is told by those who see backends at work, and what it tells others.
import type { HealthObservation } from '@fairlead/scheduling';
import type { Backend } from './backend.js';
import type { Evidence } from './fleet-events.js';

/** What somebody saw of a backend. */
export interface Sighting {
  readonly what: HealthObservation;
  /** For people: what happened. */
  readonly reason: string;
  readonly evidence?: Evidence | undefined;
  /** The incarnation it was seen of; undefined: the present one. */
  readonly incarnation?: number | undefined;
}

/** What is cut of the exchanges on a backend: those that can turn to another one, or all. */
export type Cut = 'movable' | 'everything';

/** Whoever is told when something happens. */
export interface RegistryListener {
  /** A row of the load table belongs to nobody any more. */
  readonly slotFreed?: (slot: number) => void;
  /** A backend needs a ping soon: it joined or moved, is up no more, or is slow. */
  readonly unproven?: (backend: Backend) => void;
  /** Exchanges on a slot have to end now. */
  readonly cut?: (slot: number, what: Cut) => void;
}
