// Backends on their way out of traffic: when what was in flight has ended, and when it is cut.
import type { LoadTable } from '@fairlead/scheduling';
import type { BackendRecord, DrainPurpose } from './backend.js';
import type { EventLog } from './event-log.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';

export class Drains {
  constructor(
    private readonly table: LoadTable,
    private readonly publication: SnapshotAcknowledgement,
    private readonly events: EventLog,
    /** Ends every exchange on a slot. */
    private readonly disconnect: (slot: number) => void,
  ) {}

  /** From now on; what is in flight has `withinSeconds`. */
  start(backend: BackendRecord, purpose: DrainPurpose, withinSeconds: number): void {
    backend.draining = { purpose, completedAt: undefined, disconnectsAt: monotonicSeconds() + withinSeconds };
  }

  /** Gives a drain that is under way another time, when one is asked for. */
  setDeadline(backend: BackendRecord, withinSeconds: number | undefined): void {
    if (!backend.draining || backend.draining.completedAt || withinSeconds === undefined) return;
    backend.draining = { ...backend.draining, disconnectsAt: monotonicSeconds() + withinSeconds };
  }

  /**
   * Ends the exchanges of drains whose deadline has passed, and completes drains with nothing in flight. Returns the
   * backends that have left by that.
   */
  completeFinished(backends: Iterable<BackendRecord>): BackendRecord[] {
    const gone: BackendRecord[] = [];
    for (const backend of backends) {
      if (!backend.draining || backend.draining.completedAt) continue;
      if (backend.draining.disconnectsAt <= monotonicSeconds()) this.expire(backend);
      if (this.table.active(backend.slot) > 0 || !this.publication.isAcknowledged) continue;
      this.complete(backend);
      if (backend.draining.purpose === 'leave') gone.push(backend);
    }
    return gone;
  }

  private expire(backend: BackendRecord): void {
    const inFlight = this.table.active(backend.slot);
    if (!backend.draining || inFlight === 0) return;
    backend.draining = { ...backend.draining, disconnectsAt: Infinity };
    const reason = `the drain's time is over: ${inFlight} exchanges were cut`;
    this.events.recordBackendEvent('drain-timeout', backend, reason, { inFlight });
    this.disconnect(backend.slot);
  }

  private complete(backend: BackendRecord): void {
    if (!backend.draining) return;
    backend.draining = { ...backend.draining, completedAt: new Date(), disconnectsAt: Infinity };
    this.events.recordBackendEvent('drained', backend, 'nothing is in flight any more');
  }
}
