// Drains: when a backend's exchanges in flight have ended, and when they are ended because the deadline has passed.
import type { LoadTable } from '@fairlead/scheduling';
import type { BackendRecord, DrainPurpose } from './backend.js';
import type { EventLog } from './event-log.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';

/** What the other balancers of the fleet make of the changes of this one. */
export interface OtherBalancers {
  /** Resolves when all of them have made the last change of this balancer, and no request is placed without it. */
  readonly whenAcknowledged: () => Promise<void>;
  /** Whether nothing of theirs is in flight on a backend that drains. */
  readonly areDone: (id: string) => boolean;
}

/** This balancer is the only one. */
export const NO_OTHERS: OtherBalancers = { whenAcknowledged: async () => {}, areDone: () => true };

export class Drains {
  constructor(
    private readonly table: LoadTable,
    private readonly acknowledgement: SnapshotAcknowledgement,
    private readonly events: EventLog,
    /** Ends every exchange on a slot. */
    private readonly disconnect: (slot: number) => void,
  ) {}

  /** Starts a drain; exchanges in flight have `withinSeconds` to end. */
  start(backend: BackendRecord, purpose: DrainPurpose, withinSeconds: number): void {
    const disconnectsAt = monotonicSeconds() + withinSeconds;
    backend.draining = { purpose, completedAt: undefined, withinSeconds, disconnectsAt };
  }

  /** Changes the deadline of a drain in progress; undefined keeps it. */
  setDeadline(backend: BackendRecord, withinSeconds: number | undefined): void {
    if (!backend.draining || backend.draining.completedAt || withinSeconds === undefined) return;
    backend.draining = { ...backend.draining, withinSeconds, disconnectsAt: monotonicSeconds() + withinSeconds };
  }

  /**
   * Ends the exchanges of drains whose deadline has passed, and completes drains with nothing in flight, here or elsewhere.
   * Returns the backends that have left thereby.
   */
  completeFinished(backends: Iterable<BackendRecord>, others: OtherBalancers): BackendRecord[] {
    const left: BackendRecord[] = [];
    for (const backend of backends) {
      if (!backend.draining || backend.draining.completedAt) continue;
      if (backend.draining.disconnectsAt <= monotonicSeconds()) this.expire(backend);
      if (this.table.active(backend.slot) > 0 || !this.acknowledgement.isAcknowledged) continue;
      if (!others.areDone(backend.id)) continue;
      this.complete(backend);
      if (backend.draining.purpose === 'leave') left.push(backend);
    }
    return left;
  }

  private expire(backend: BackendRecord): void {
    const inFlight = this.table.active(backend.slot);
    if (!backend.draining || inFlight === 0) return;
    backend.draining = { ...backend.draining, disconnectsAt: Infinity };
    const reason = `the drain timed out with ${inFlight} exchanges in flight: they were disconnected`;
    this.events.recordBackendEvent('drain-timeout', backend, reason, { inFlight });
    this.disconnect(backend.slot);
  }

  private complete(backend: BackendRecord): void {
    if (!backend.draining) return;
    backend.draining = { ...backend.draining, completedAt: new Date(), disconnectsAt: Infinity };
    this.events.recordBackendEvent('drained', backend, 'nothing is in flight');
  }
}
