// The fleet as the data plane sees it: the registry itself, or its replica in another thread.
import type { HashKey } from '@fairlead/scheduling';
import type { Backend } from '../backend.js';
import type { DisconnectScope, BackendObservation } from './backend-observation.js';
import type { PoolSnapshots } from './pool-snapshots.js';

/** A backend that may receive requests. */
export type FleetBackend = Pick<Backend, 'id' | 'url' | 'pool' | 'slot' | 'incarnation' | 'startedAt'>;

/** Receives what happens to slots. */
export interface FleetListener {
  /** A backend gets no more requests, or has left: what listens at its URL later may be another process. */
  readonly left?: (url: string) => void;
  /** A row of the load table no longer belongs to a backend. */
  readonly slotFreed?: (slot: number) => void;
  /** Exchanges on a slot have to end now. */
  readonly disconnect?: (slot: number, scope: DisconnectScope) => void;
}

/** The interface, and its injection token. */
export abstract class Fleet {
  /** The backends that may receive requests now. Immutable; replaced when membership, health or pools change. */
  abstract readonly pools: PoolSnapshots;

  /** The secret of hashes of what clients send. Constant from the first snapshot with a backend. */
  abstract readonly hashKey: HashKey;

  /** The secret of stickiness cookies. Constant from the first snapshot with a backend. */
  abstract readonly cookieKey: string;

  /** The backend that holds a row of the load table; undefined when none in traffic does. */
  abstract atSlot(slot: number): FleetBackend | undefined;

  /** The part of its capacity that counts during slow start, 0 to 1. `now` is monotonic, in seconds. */
  abstract slowStart(backend: FleetBackend, now: number): number;

  /** Reports an observation. Ignored when the backend has left since, even if its id has registered again. */
  abstract observe(seen: FleetBackend, observation: BackendObservation): void;

  /** Has a backend probed that lets an exchange wait longer than it should. */
  abstract requestProbe(seen: FleetBackend): void;

  /** Applies what the registry has published so far at once. */
  abstract catchUp(): void;

  /** Notifies `listener` from now on. */
  abstract listen(listener: FleetListener): void;
}
