// The exchanges in progress, by backend, so that they can be ended when their backend goes out of service, and checked for
// clients that take too long.
import type { RequestDetails } from '../../metrics/request-log.js';
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import { IndexedSet, type IndexedSetMember } from '../io/indexed-set.js';

/** What can be asked of an exchange from outside. */
export interface ExchangeControl {
  /** Its backend goes out of service. */
  disconnect(scope: DisconnectScope): void;
  /** Ends the exchange if its client takes too long. `elapsedMs`: since the last call. */
  enforceLimits(elapsedMs: number): void;
  /** Whether its client sends a body, and was slow at the last {@link enforceLimits}. */
  readonly isSlowUpload: boolean;
  /** Ends a slow upload, since others need its place. */
  rejectSlowUpload(): void;
  /** What the log can ask of the request. */
  readonly details: RequestDetails;
}

/** An exchange that a backend has. */
export interface ActiveExchange extends IndexedSetMember {
  readonly control: ExchangeControl;
}

export class ActiveExchanges {
  private readonly bySlot: IndexedSet<ActiveExchange>[];

  constructor(slotCount: number) {
    this.bySlot = Array.from({ length: slotCount }, () => new IndexedSet());
  }

  /** Every slot. */
  get slots(): IterableIterator<number> {
    return this.bySlot.keys();
  }

  add(slot: number, exchange: ActiveExchange): void {
    this.bySlot[slot].add(exchange);
  }

  remove(slot: number, exchange: ActiveExchange): void {
    this.bySlot[slot].delete(exchange);
  }

  /** Ends the exchanges on a slot; those that can be retried go to another backend. */
  disconnect(slot: number, scope: DisconnectScope): void {
    this.forEach(slot, (control) => control.disconnect(scope));
  }

  /** Calls for each exchange on a slot that is still active when its turn comes; a call may end any of them. */
  forEach(slot: number, call: (control: ExchangeControl) => void): void {
    // Over a copy: an exchange that is retried may come back to the same slot.
    for (const exchange of this.bySlot[slot].toArray()) {
      if (exchange.setIndex !== -1) call(exchange.control);
    }
  }
}
