// How backends leave traffic and the fleet, and come back: paused or on their way out, here and in the store.
import type { Backend } from './backend.js';
import type { BackendLifecycle } from './backend-lifecycle.js';
import { NO_OTHERS, type Drains, type OtherBalancers } from './drains.js';
import type { EventLog } from './event-log.js';
import type { BackendIndex } from './members/backend-index.js';
import type { Registrations } from './members/registrations.js';
import type { SnapshotAcknowledgement } from './snapshot/snapshot-acknowledgement.js';
import type { StoredFleet } from './store/stored-fleet.js';

/** What departures need of the registry. */
export interface DeparturesContext {
  readonly index: BackendIndex;
  readonly drains: Drains;
  readonly lifecycle: BackendLifecycle;
  readonly registrations: Registrations;
  readonly acknowledgement: SnapshotAcknowledgement;
  readonly events: EventLog;
  readonly stored: StoredFleet;
  /** How long exchanges in flight have to end where a caller does not say it. */
  readonly drainSeconds: number;
}

export class Departures {
  /** What other balancers do with backends that drain. */
  others: OtherBalancers = NO_OTHERS;

  constructor(private readonly context: DeparturesContext) {}

  /**
   * Pauses a backend. Once this resolves it receives no new request; exchanges in flight have `withinSeconds` to end. A
   * drain in progress keeps its deadline unless `withinSeconds` is given.
   *
   * @throws {UnknownBackendError}
   */
  async drain(id: string, withinSeconds?: number): Promise<Backend> {
    const { index, drains, lifecycle, stored, drainSeconds } = this.context;
    const backend = index.get(id);
    if (!backend.draining) {
      const seconds = withinSeconds ?? drainSeconds;
      lifecycle.transition(backend, 'drain requested', () => drains.start(backend, 'pause', seconds));
      stored.changes.save(backend);
    } else if (withinSeconds !== undefined) {
      const reason = `drain requested again, within ${withinSeconds} s`;
      lifecycle.transition(backend, reason, () => drains.setDeadline(backend, withinSeconds));
      stored.changes.save(backend);
    }
    await this.whenComplete(id);
    this.complete();
    return backend;
  }

  /** Takes a paused or leaving backend back. @throws {UnknownBackendError} */
  resume(id: string): Backend {
    const { index, lifecycle, stored } = this.context;
    const backend = index.get(id);
    if (backend.draining) {
      lifecycle.transition(backend, 'resumed', () => (backend.draining = undefined));
      stored.changes.save(backend);
    }
    return backend;
  }

  /**
   * Removes a backend when its exchanges have ended, for which they have `withinSeconds`. Once this resolves it
   * receives no new request. Resolves with the backend while it drains, and with undefined when it is gone.
   *
   * @throws {UnknownBackendError}
   */
  async leave(id: string, withinSeconds = this.context.drainSeconds): Promise<Backend | undefined> {
    const { index, drains, lifecycle, stored } = this.context;
    const backend = index.get(id);
    lifecycle.transition(backend, 'leaving', () => drains.start(backend, 'leave', withinSeconds));
    // In a file of its own now and not when it is gone: by then it may have registered with the next process there.
    if (stored.isShared) stored.changes.save(backend);
    else stored.changes.remove(id, 'leaving');
    await this.whenComplete(id);
    this.complete();
    return index.atSlot(backend.slot) === backend ? backend : undefined;
  }

  /**
   * Removes a backend at once; its exchanges go on. Once this resolves it receives no new request.
   *
   * @throws {UnknownBackendError}
   */
  async leaveNow(id: string): Promise<void> {
    this.context.registrations.forget(id, 'left at once');
    await this.whenComplete(id);
  }

  /** Completes the drains with nothing in flight, and expires those whose deadline has passed. */
  complete(): void {
    const { index, drains, registrations, events } = this.context;
    // Whose request it is that notices them says nothing about who asked for them.
    events.attributeTo(undefined, () => {
      for (const { id } of drains.completeFinished(index, this.others)) {
        registrations.forget(id, 'left, nothing in flight');
      }
    });
  }

  /**
   * Resolves when all threads of all balancers use the present snapshot, and the last change of a backend is stored.
   *
   * @throws {ConflictingChangeError} @throws {ForeignRecordError}
   */
  private async whenComplete(id: string): Promise<void> {
    const { acknowledgement, stored } = this.context;
    await Promise.all([acknowledgement.whenAcknowledged(), stored.whenStored(id)]);
    await this.others.whenAcknowledged();
  }
}
