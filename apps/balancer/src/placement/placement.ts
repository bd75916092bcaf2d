// A request's place on a backend: filled in by the scheduler, and told how it went.
import {
  LearningTicket,
  Reservation,
  type LoadRow,
  type LoadTable,
  type PlacementPolicy,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { FleetBackend } from '../registry/snapshot/fleet.js';
import { monotonicSeconds } from '../clock/monotonic.js';
import type { DemandLearning } from './demand-learning.js';

/** What the scheduler hands on to those it places. */
export interface PlacementContext {
  readonly table: LoadTable;
  /** The thread's own row of it. */
  readonly row: LoadRow;
  readonly policy: PlacementPolicy;
  readonly learning: DemandLearning;
}

/**
 * The reservation on a backend, given back by the first of {@link complete}, {@link fail} and {@link cancel}; any
 * further one does nothing. Then it can be filled in for another attempt, or another request.
 */
export class Placement {
  /** Who serves the request, or served it last. */
  backend: FleetBackend | undefined;
  /** The incarnation of the backend that was given the request. */
  incarnation = 0;
  private reservation: Reservation | undefined;
  private activeAtDispatch = 0;
  private startedAt = 0;
  private readonly ticket = new LearningTicket();
  /** Whether anything is to be learned from this request: then {@link ticket} is its. */
  private isLearnedFrom = false;
  private isServerError = false;

  constructor(private readonly context: PlacementContext) {}

  /** The row of the load table; -1 before the first request was placed. */
  get slot(): number {
    return this.reservation?.slot ?? -1;
  }

  /** Reserves `demand`, of a class that is learned if it is told. What is held still is abandoned. By the scheduler only. */
  reserve(backend: FleetBackend, demand: ResourceVector, classId: number | undefined, atSeconds: number): void {
    this.cancel();
    const { row, table, learning } = this.context;
    const { slot } = backend;
    this.activeAtDispatch = table.active(slot);
    if (this.reservation) this.reservation.reserveAgain(slot, demand);
    else this.reservation = new Reservation(row, slot, demand);
    this.backend = backend;
    this.incarnation = backend.incarnation;
    this.startedAt = atSeconds;
    this.isServerError = false;
    this.isLearnedFrom = classId !== undefined;
    if (classId !== undefined) learning.dispatched(classId, slot, atSeconds, this.ticket);
  }

  /** The answer has begun; it may carry a report of what the request cost. */
  onResponseHead(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (this.isLearnedFrom && this.backend)
      this.context.learning.readReport(this.ticket.classId, headers, this.backend);
  }

  /** The answer was received whole. Answers whether that was news. */
  complete(nowSeconds: number): boolean {
    const { reservation, ticket } = this;
    if (!reservation?.release()) return false;
    const { row, policy, learning } = this.context;
    const { slot } = reservation;
    const latencySeconds = nowSeconds - this.startedAt;
    row.countResponse(slot, latencySeconds);
    policy.observe?.(slot, latencySeconds, this.activeAtDispatch);
    if (!this.isLearnedFrom) return true;
    // An error costs what errors cost, not what the request would have.
    if (this.isServerError) {
      learning.cancelled(ticket, nowSeconds);
      return true;
    }
    learning.completed(ticket, nowSeconds);
    const stretch = learning.recordAndCompare(ticket.classId, latencySeconds);
    if (stretch !== undefined) row.countStretch(slot, stretch);
    return true;
  }

  /** The backend answered that it failed (5xx): counted as an error, while the answer goes on. */
  recordServerError(): void {
    this.isServerError = true;
    this.context.row.countFailure(this.slot);
  }

  /** The backend failed. Answers whether that was news. */
  fail(): boolean {
    if (!this.cancel()) return false;
    // A 5xx response whose body breaks off is one error, counted at its head.
    if (!this.isServerError) this.context.row.countFailure(this.slot);
    return true;
  }

  /** The exchange ended without an answer, by no fault of the backend. Answers whether that was news. */
  cancel(): boolean {
    if (!this.reservation?.release()) return false;
    if (this.isLearnedFrom) this.context.learning.cancelled(this.ticket, monotonicSeconds());
    return true;
  }
}
