// A request's placement on a backend: the scheduler reserves it, and the exchange reports how it ended.
import {
  Reservation,
  type LoadRow,
  type LoadTable,
  type PlacementPolicy,
  type ResourceVector,
} from '@fairlead/scheduling';
import type { FleetBackend } from '../registry/snapshot/fleet.js';
import { monotonicSeconds, sharedSecondsFromSeconds } from '../clock/monotonic.js';
import type { DemandLearning, LearningTicket } from './demand-learning.js';

/** What placements need of the scheduler. */
export interface PlacementContext {
  readonly table: LoadTable;
  /** The thread's own row of the load table. */
  readonly row: LoadRow;
  readonly learning: DemandLearning;
}

/** What a placed request needs. */
export interface ReservedDemand {
  /** Units, in the fleet's order. */
  readonly demand: ResourceVector;
  /** Units of the latent resources; empty when there are none. */
  readonly latent: ResourceVector;
  /** The class that is learned; undefined: none is. */
  readonly classId: number | undefined;
}

/**
 * A reservation on a backend. The first of {@link complete}, {@link fail} and {@link cancel} releases it; further calls
 * do nothing. After that it can be reserved for another attempt or another request.
 */
export class Placement {
  /** The backend of the present attempt, or of the last one. */
  backend: FleetBackend | undefined;
  /** The incarnation of {@link backend} when the request was placed. */
  incarnation = 0;
  private reservation: Reservation | undefined;
  /** The policy that chose {@link backend}. */
  private policy: PlacementPolicy | undefined;
  private activeAtDispatch = 0;
  private startedAt = 0;
  private readonly ticket: LearningTicket;
  /** Whether something is learned from the request; {@link ticket} is its own then. */
  private isLearnedFrom = false;
  /** Whether the response has a 5xx status. */
  isServerError = false;
  /** The latency of the last response that was completed, as a multiple of what is usual for its class, when known. */
  stretch: number | undefined;

  constructor(private readonly context: PlacementContext) {
    this.ticket = context.learning.createTicket();
  }

  /** The backend's slot in the load table; -1 before the first request was placed. */
  get slot(): number {
    return this.reservation?.slot ?? -1;
  }

  /**
   * Step 6, reserve: reserves `demand` on a backend that `policy` chose, and `latent` of the latent resources; `classId` is
   * given if the class is learned. Cancels a reservation that is not released yet. For the scheduler only.
   */
  reserve(
    backend: FleetBackend,
    { demand, latent, classId }: ReservedDemand,
    atSeconds: number,
    policy: PlacementPolicy,
  ): void {
    this.cancel();
    this.policy = policy;
    const { row, table, learning } = this.context;
    const { slot } = backend;
    this.activeAtDispatch = table.active(slot);
    const shared = sharedSecondsFromSeconds(atSeconds);
    if (this.reservation) this.reservation.reserveAgain(slot, demand, shared, latent);
    else this.reservation = new Reservation(row, slot, demand, shared, latent);
    this.backend = backend;
    this.incarnation = backend.incarnation;
    this.startedAt = atSeconds;
    this.isServerError = false;
    this.isLearnedFrom = classId !== undefined;
    if (classId !== undefined) learning.dispatched(classId, slot, atSeconds, this.ticket);
  }

  /** Counts the status of the response. */
  countStatus(status: number): void {
    this.context.row.countStatus(this.slot, status);
  }

  /** The head of a response has arrived; it may have a cost report. */
  onResponseHead(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (this.isLearnedFrom && this.backend)
      this.context.learning.readReport(this.ticket.classId, headers, this.backend);
  }

  /** The response is complete. Returns whether this call released the reservation. */
  complete(nowSeconds: number): boolean {
    const { reservation, ticket } = this;
    this.stretch = undefined;
    if (!reservation?.release(sharedSecondsFromSeconds(nowSeconds))) return false;
    const { row, learning } = this.context;
    const { slot } = reservation;
    const latencySeconds = nowSeconds - this.startedAt;
    row.countResponse(slot, latencySeconds);
    this.policy?.observe?.(slot, latencySeconds, this.activeAtDispatch);
    if (!this.isLearnedFrom) return true;
    // The latency of an error says nothing about the demand of the class.
    if (this.isServerError) {
      learning.cancelled(ticket, nowSeconds);
      return true;
    }
    learning.completed(ticket, nowSeconds);
    this.stretch = learning.recordAndCompare(ticket.classId, latencySeconds);
    return true;
  }

  /** Counts the {@link stretch} of the last response. */
  countStretch(): void {
    if (this.stretch !== undefined) this.context.row.countStretch(this.slot, this.stretch);
  }

  /** Leaves the failure that was counted last out of what outlier detection compares. */
  discountFailure(): void {
    this.context.row.discountFailure(this.slot);
  }

  /** The head of a 5xx response has arrived: counts an error. */
  recordServerError(): void {
    this.isServerError = true;
    this.context.row.countFailure(this.slot);
  }

  /** The backend failed. Returns whether this call released the reservation. */
  fail(): boolean {
    if (!this.cancel()) return false;
    // A 5xx response whose body breaks off is one error, counted at its head.
    if (!this.isServerError) this.context.row.countFailure(this.slot);
    return true;
  }

  /**
   * The attempt ended without a response and without a fault of the backend. Returns whether this call released the
   * reservation.
   */
  cancel(): boolean {
    if (this.reservation?.isHeld !== true) return false;
    const now = monotonicSeconds();
    this.reservation.release(sharedSecondsFromSeconds(now));
    if (this.isLearnedFrom) this.context.learning.cancelled(this.ticket, now);
    return true;
  }
}
