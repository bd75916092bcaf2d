// One request on its way: which backends it was given to, what became of each attempt, and how it ended. Every lane
// keeps its accounts here, so that a reservation is given back exactly once, however the exchange ends.
import type { Backend } from '../registry/backend.js';
import type { DrfScheduler, PlacementRequest } from '../scheduling/drf.scheduler.js';
import type { Placement } from '../scheduling/placement.js';
import type { RequestLog } from '../metrics/request-log.js';
import type { RegistryService } from '../registry/registry.service.js';
import { mayRetry, type FailureKind, type RetryBudget } from './retry.js';

/** What is known of a request once its head is read. */
export interface RequestHead extends PlacementRequest {
  readonly client: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
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
    const { head } = this;
    this.begin(scheduler.place(head, this.triedSlots) ?? (this.attempts > 0 ? scheduler.place(head) : undefined));
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

  /** The backend begins its answer. */
  answerBegan(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (status >= 500) this.placement?.erred();
    else this.placement?.answerBegan(headers);
  }

  /** The backend's part is over, and it went well: the answer was received whole. */
  attemptAnswered(): void {
    this.placement?.answered();
  }

  /** The attempt ended without an answer, by no fault of the backend. */
  attemptAbandoned(): void {
    this.placement?.abandoned();
  }

  /** The attempt failed. With a `suspicion` the backend is taken out of traffic until it answers a ping. */
  attemptFailed(suspicion: string | undefined): void {
    const { placement } = this;
    if (!placement?.failed() || suspicion === undefined) return;
    this.desk.registry.observe(placement.backend, 'exchange-failed', suspicion);
  }

  /** The request is over. The first call counts; whatever is still reserved is given back. */
  end(status: number): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.placement?.abandoned();
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
    this.triedSlots.push(placement.slot);
    this.attempts++;
  }
}
