// A request's place on a backend: handed out by the scheduler, and told how it went.
import type { LearningTicket, LoadRow, PlacementPolicy, Reservation } from '@fairlead/scheduling';
import type { FleetBackend } from '../registry/fleet.js';
import type { DemandLearning } from './demand-learning.js';

/** What the scheduler hands on to those it places. */
export interface PlacementBooks {
  readonly row: LoadRow;
  readonly policy: PlacementPolicy;
  readonly learning: DemandLearning;
}

/**
 * The reservation on a backend, given back by the first of {@link answered}, {@link failed} and {@link abandoned}; any
 * further one does nothing.
 */
export class Placement {
  /** The incarnation of the backend that was given the request. */
  readonly incarnation: number;
  private readonly beganAt = performance.now();
  private hasErred = false;

  constructor(
    readonly backend: FleetBackend,
    private readonly reservation: Reservation,
    /** Exchanges that were in flight there already. */
    private readonly activeAtDispatch: number,
    /** Absent when nothing is to be learned from this request. */
    private readonly ticket: LearningTicket | undefined,
    private readonly books: PlacementBooks,
  ) {
    this.incarnation = backend.incarnation;
  }

  get slot(): number {
    return this.reservation.slot;
  }

  /** The answer has begun; it may carry a report of what the request cost. */
  answerBegan(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (this.ticket) this.books.learning.readReport(this.ticket.classId, headers, this.backend);
  }

  /** The answer was received whole. */
  answered(): void {
    if (!this.reservation.release()) return;
    const { row, policy, learning } = this.books;
    const latencySeconds = (performance.now() - this.beganAt) / 1000;
    row.countAnswer(this.slot, latencySeconds);
    policy.observe?.(this.slot, latencySeconds, this.activeAtDispatch);
    if (!this.ticket) return;
    // An error costs what errors cost, not what the request would have.
    if (this.hasErred) {
      learning.abandoned(this.ticket);
      return;
    }
    learning.answered(this.ticket);
    const stretch = learning.stretch(this.ticket.classId, latencySeconds);
    if (stretch !== undefined) row.countStretch(this.slot, stretch);
  }

  /** The backend answered that it failed (5xx): counted as an error, while the answer goes on. */
  erred(): void {
    this.hasErred = true;
    this.books.row.countFailure(this.slot);
  }

  /** The backend failed. Answers whether that was news. */
  failed(): boolean {
    if (!this.abandoned()) return false;
    this.books.row.countFailure(this.slot);
    return true;
  }

  /** The exchange ended without an answer, by no fault of the backend. Answers whether that was news. */
  abandoned(): boolean {
    if (!this.reservation.release()) return false;
    if (this.ticket) this.books.learning.abandoned(this.ticket);
    return true;
  }
}
