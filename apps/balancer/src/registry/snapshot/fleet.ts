// What the data plane knows of the fleet, and whom it tells what it saw: the registry itself, or a replica of it in
// another thread.
import type { FleetSnapshot } from '@fairlead/scheduling';
import type { Backend } from '../backend.js';
import type { DisconnectScope, BackendObservation } from './backend-observation.js';

/** A backend that is given requests. */
export type FleetBackend = Pick<Backend, 'id' | 'url' | 'slot' | 'incarnation' | 'startedAt'>;

/** Whoever is told what becomes of slots. */
export interface FleetListener {
  /** A row of the load table belongs to nobody any more. */
  readonly slotFreed?: (slot: number) => void;
  /** Exchanges on a slot have to end now. */
  readonly disconnect?: (slot: number, what: DisconnectScope) => void;
}

/** The token by which it is injected. */
export abstract class Fleet {
  /** The backends that may be given requests now. Immutable; swapped when membership or health changes. */
  abstract readonly snapshot: FleetSnapshot;

  /** The backend that holds a row of the load table; undefined when it is given no requests any more, or has left. */
  abstract atSlot(slot: number): FleetBackend | undefined;

  /** The part of its capacity that a backend is given while it starts slowly. `now` is monotonic, in seconds. */
  abstract slowStart(backend: FleetBackend, now: number): number;

  /** Tells what was seen of a backend. One that left meanwhile is passed over, also when its id has come back. */
  abstract observe(seen: FleetBackend, observation: BackendObservation): void;

  /** An exchange waits for this backend longer than it should: it is pinged. */
  abstract requestProbe(seen: FleetBackend): void;

  /** Tells `listener` from now on. */
  abstract listen(listener: FleetListener): void;
}
