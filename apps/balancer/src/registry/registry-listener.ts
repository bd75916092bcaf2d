// How other parts are told what happens in the registry.
import type { Backend } from './backend.js';
import type { FleetListener } from './snapshot/fleet.js';

/** Receives what happens in the registry. */
export interface RegistryListener extends FleetListener {
  /** There is a new snapshot; called once for several made in a row, and only while other threads use snapshots. */
  readonly snapshotChanged?: () => void;
  /** A backend has to be probed soon: it joined or moved, is no longer up, or is slow. */
  readonly probeNeeded?: (backend: Backend) => void;
}
