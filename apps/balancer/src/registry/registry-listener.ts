// How other parts are told what happens in the registry.
import type { Backend } from './backend.js';
import type { DisconnectScope } from './snapshot/backend-observation.js';
import type { FleetListener } from './snapshot/fleet.js';

/** Receives what happens in the registry. */
export interface RegistryListener extends FleetListener {
  /** There is a new snapshot; called once for several made in a row. */
  readonly snapshotChanged?: () => void;
  /** A backend has to be probed soon: it joined or moved, is no longer up, or is slow. */
  readonly probeNeeded?: (backend: Backend) => void;
}

/** All that listen to the registry, in the order in which they began to. */
export class RegistryListeners {
  private readonly listeners: RegistryListener[] = [];

  add(listener: RegistryListener): void {
    this.listeners.push(listener);
  }

  snapshotChanged(): void {
    for (const listener of this.listeners) listener.snapshotChanged?.();
  }

  left(url: string): void {
    for (const listener of this.listeners) listener.left?.(url);
  }

  slotFreed(slot: number): void {
    for (const listener of this.listeners) listener.slotFreed?.(slot);
  }

  disconnect(slot: number, scope: DisconnectScope): void {
    for (const listener of this.listeners) listener.disconnect?.(slot, scope);
  }

  probeNeeded(backend: Backend): void {
    for (const listener of this.listeners) listener.probeNeeded?.(backend);
  }
}
