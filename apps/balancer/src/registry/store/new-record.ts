// What is stored of a backend.
import { declaredBy, type Backend } from '../backend.js';
import type { NewRecord } from './registry-store.js';

/** The record of a backend as it is now. `changedBy` is the id of this balancer. */
export function newRecordOf(backend: Backend, incarnation: string, changedBy: string): NewRecord {
  const { draining, registeredAt } = backend;
  const drainSeconds = Number.isFinite(draining?.withinSeconds) ? draining?.withinSeconds : undefined;
  return {
    backend: { ...declaredBy(backend), isPaused: draining?.purpose === 'pause', drainSeconds, registeredAt },
    incarnation,
    isLeaving: draining?.purpose === 'leave',
    changedBy,
  };
}
