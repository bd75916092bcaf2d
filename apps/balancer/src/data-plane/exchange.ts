// One request on its way: which backends it was given to, what became of each attempt, and how it ended. Every lane
// keeps its accounts here, so that a reservation is given back exactly once, however the exchange ends.
import type { ResourceVector } from '@fairlead/scheduling';
import type { Backend } from '../registry/backend.js';
import type { DrfScheduler, Placement } from '../scheduling/drf.scheduler.js';
import type { RequestLog } from '../metrics/request-log.js';
import type { RegistryService } from '../registry/registry.service.js';
import { mayRetry, type FailureKind, type RetryBudget } from './retry.js';

/** What is known of a request once its head is read. */
export interface RequestHead {
  readonly client: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly demand: ResourceVector;
}

/** What an exchange needs of the rest of the balancer. */
export interface ExchangeSurroundings {
  readonly scheduler: DrfScheduler;
  readonly registry: RegistryService;
  readonly log: RequestLog;
  readonly budget: RetryBudget;
  readonly maxAttempts: number;
  /** Requests at the door of the data plane, since start. */
  readonly counts: { taken: number; unplaced: number; retries: number };
}

/** The status that is logged for a client that went away before its answer had begun, as nginx does. */
export const CLIENT_WENT_AWAY = 499;

export class Exchange {
  attempts = 0;
  private readonly beganAt = performance.now();
  private attemptBeganAt = 0;
  private readonly triedSlots: number[] = [];
  private placement: Placement | undefined;
  private lastBackend: Backend | undefined;
  private hasEnded = false;

  constructor(
    private readonly desk: ExchangeSurroundings,
    readonly head: RequestHead,
  ) {
    desk.counts.taken++;
    desk.budget.deposit();
  }

  /** The backend that serves the exchange now. */
  get backend(): Backend | undefined {
    return this.placement?.backend;
  }

  /** Time since the request came in, milliseconds. */
  get elapsedMs(): number {
    return performance.now() - this.beganAt;
  }

  /**
   * Begins an attempt on the backend that fits best, one not tried yet while there is any. Undefined when none can take
   * the request.
   */
  placeNext(): Backend | undefined {
    const { scheduler, counts } = this.desk;
    const { demand } = this.head;
    this.begin(scheduler.place(demand, this.triedSlots) ?? (this.attempts > 0 ? scheduler.place(demand) : undefined));
    if (!this.placement) counts.unplaced++;
    return this.backend;
  }

  /** Whether a further attempt is allowed after a failure of this kind. Takes it out of the retry budget. */
  takeRetry(failure: FailureKind, isBodyAtHand: boolean): boolean {
    const { maxAttempts, budget, counts } = this.desk;
    const { attempts } = this;
    const isAllowed = mayRetry({ method: this.head.method, failure, attempts, maxAttempts, isBodyAtHand });
    if (!isAllowed) return false;
    if (!budget.tryWithdraw()) return false;
    counts.retries++;
    return true;
  }

  /** Whether a backend that was not tried yet could take the request now. */
  hasAlternative(): boolean {
    const { maxAttempts, scheduler } = this.desk;
    return this.attempts < maxAttempts && scheduler.canPlace(this.head.demand, this.triedSlots);
  }

  /** The backend's part is over, and it went well: the answer was received whole. */
  attemptAnswered(): void {
    const { placement } = this;
    if (!placement?.reservation.release()) return;
    this.desk.scheduler.countAnswer(placement.reservation.slot, (performance.now() - this.attemptBeganAt) / 1000);
  }

  /** The backend answered that it failed (5xx): counted as an error, while the exchange goes on. */
  backendErred(): void {
    if (this.placement) this.desk.scheduler.countFailure(this.placement.reservation.slot);
  }

  /** The attempt failed. With a `suspicion` the backend is taken out of traffic until it answers a ping. */
  attemptFailed(suspicion: string | undefined): void {
    const { placement } = this;
    if (!placement?.reservation.release()) return;
    this.desk.scheduler.countFailure(placement.reservation.slot);
    if (suspicion !== undefined) this.desk.registry.observe(placement.backend.id, 'exchange-failed', suspicion);
  }

  /** The request is over. The first call counts; whatever is still reserved is given back. */
  end(status: number): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.placement?.reservation.release();
    const { client, method, target, demand } = this.head;
    this.desk.log.add({
      client,
      method,
      target,
      status,
      backend: this.lastBackend?.id,
      demand,
      attempts: this.attempts,
      durationMs: this.elapsedMs,
    });
  }

  private begin(placement: Placement | undefined): void {
    this.placement = placement;
    if (!placement) return;
    this.lastBackend = placement.backend;
    this.triedSlots.push(placement.reservation.slot);
    this.attempts++;
    this.attemptBeganAt = performance.now();
  }
}
