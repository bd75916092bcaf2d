// Stores for tests, and what is stored in them.
import { newBackend, type BackendSpec } from '../backend.js';
import { randomKeys } from './kept-keys.js';
import { MemoryStore } from './memory-store.js';
import { PendingChanges } from './pending-changes.js';
import type { NewRecord } from './registry-store.js';
import { StoredFleet } from './stored-fleet.js';

const PLAIN = { pool: 'default', pingPath: undefined, leaseSeconds: undefined, labels: {}, maxInFlight: undefined };

/** A fleet without members, kept in memory. */
export function emptyFleet(): StoredFleet {
  const keys = randomKeys();
  const store = new MemoryStore(keys);
  return new StoredFleet(
    store,
    { records: [], unusable: [], keys, epoch: '', lastVersion: 0, position: '' },
    new PendingChanges(store, [], 'balancer-1'),
  );
}

/** A backend that has just registered, at a port of its own. */
export function aBackend(id: string, more: Partial<BackendSpec> = {}) {
  const spec = { id, url: `http://10.0.0.7:${80 + id.length}`, capacity: Float64Array.of(20, 36), ...PLAIN };
  return newBackend({ ...spec, ...more }, 0, 0);
}

/** A record of a backend that has just registered. */
export function aRecord(id: string, more: Partial<BackendSpec> = {}, change: Partial<NewRecord> = {}): NewRecord {
  const spec = { id, url: `http://${id}`, capacity: Float64Array.of(20, 36), ...PLAIN, ...more };
  const registeredAt = new Date('2026-01-02T03:04:05.678Z');
  const backend = { ...spec, isPaused: false, registeredAt };
  return { backend, incarnation: `${id}-1`, isLeaving: false, changedBy: 'balancer-1', ...change };
}
