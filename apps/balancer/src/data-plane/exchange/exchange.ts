// One request on its way: which backends it was given to, what became of each attempt, and how it ended. Every lane
// keeps its accounts here, so that a reservation is given back exactly once, however the exchange ends.
import type { ExchangeOutcome, FailureStreaks } from '@fairlead/scheduling';
import type { Fleet, FleetBackend } from '../../registry/snapshot/fleet.js';
import type { DrfScheduler, PlacementRequest } from '../../placement/drf.scheduler.js';
import type { Placement } from '../../placement/placement.js';
import type { RequestLog } from '../../metrics/request-log.js';
import type { DisconnectScope } from '../../registry/snapshot/backend-observation.js';
import type { AdmissionQueue, Waiter } from './admission-queue.js';
import type { Disconnectable, ActiveExchanges } from './active-exchanges.js';
import { monotonicMs, monotonicSeconds } from '../../clock/monotonic.js';
import { isIdempotent, mayRetry, type FailureKind, type RetryBudget } from './retry-policy.js';

/** What is known of a request once its head is read. */
export interface PlacedRequest extends PlacementRequest {
  readonly client: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}

/** What an exchange needs of the rest of the balancer. */
export interface ExchangeContext {
  readonly scheduler: DrfScheduler;
  readonly registry: Fleet;
  readonly log: RequestLog;
  readonly budget: RetryBudget;
  readonly queue: AdmissionQueue;
  readonly active: ActiveExchanges;
  readonly streaks: FailureStreaks;
  readonly maxAttempts: number;
  /** An exchange that waits so many times as long as is usual for its kind stalls; 0: none does. */
  readonly stallFactor: number;
  /** Requests at the door of the data plane, since start. */
  readonly counts: { taken: number; unplaced: number; retries: number };
}

/** Slots that nobody tried. */
const NONE: readonly number[] = [];

/** The status that is logged for a client that went away before its answer had begun, as nginx does. */
export const CLIENT_WENT_AWAY = 499;

/** What a lane does when it is told to end what it is doing. */
export type DisconnectHandler = (what: DisconnectScope) => void;

/** When it has {@link end}ed it can {@link start} with another request: a lane may keep one for each of its connections. */
export class Exchange implements Disconnectable {
  /** Among the live exchanges of its backend. */
  setIndex = -1;
  attempts = 0;
  /** Whether the request failed for want of a backend: whoever asks again may be luckier. */
  isUnserved = false;
  private request: PlacedRequest | undefined;
  /** When the request came in, monotonic milliseconds. */
  startedAtMs = 0;
  /** When the last attempt began, milliseconds after that. */
  placedMs = 0;
  private readonly triedSlots: number[] = [];
  private readonly placement: Placement;
  /** Whether {@link placement} is of the present attempt. */
  private isPlaced = false;
  private waiter: Waiter | undefined;
  private hasEnded = true;

  constructor(
    private readonly context: ExchangeContext,
    private readonly onDisconnect: DisconnectHandler,
  ) {
    this.placement = context.scheduler.createPlacement();
  }

  /** A request has come in. */
  start(request: PlacedRequest): this {
    const { counts, budget } = this.context;
    this.request = request;
    this.startedAtMs = monotonicMs();
    this.placedMs = 0;
    this.attempts = 0;
    this.isUnserved = false;
    this.isPlaced = false;
    this.hasEnded = false;
    while (this.triedSlots.length > 0) this.triedSlots.pop();
    counts.taken++;
    budget.deposit(this.startedAtMs / 1000);
    return this;
  }

  /** What is known of the request. @throws {Error} before the first. */
  get head(): PlacedRequest {
    if (!this.request) throw new Error('an exchange was asked for its request before it began');
    return this.request;
  }

  /** The backend that serves the exchange now, or was the last to. */
  get backend(): FleetBackend | undefined {
    return this.attempts > 0 ? this.placement.backend : undefined;
  }

  /** Time since the request came in, milliseconds. */
  get elapsedMs(): number {
    return monotonicMs() - this.startedAtMs;
  }

  /**
   * Begins an attempt on the backend that fits best, one not tried yet while there is any. Undefined when none can take
   * the request.
   */
  placeNext(): FleetBackend | undefined {
    const { head, placement, triedSlots } = this;
    const { scheduler, active } = this.context;
    // Right behind the request's beginning no time has passed.
    const isFirst = this.attempts === 0 && this.waiter === undefined;
    const nowMs = isFirst ? this.startedAtMs : monotonicMs();
    this.isPlaced =
      scheduler.place(head, triedSlots, placement, nowMs / 1000) ||
      (this.attempts > 0 && scheduler.place(head, NONE, placement, nowMs / 1000));
    if (!this.isPlaced) return undefined;
    this.placedMs = nowMs - this.startedAtMs;
    triedSlots.push(placement.slot);
    this.attempts++;
    active.add(placement.slot, this);
    return placement.backend;
  }

  /**
   * After {@link placeNext} found nobody: waits in line when that was because all are full. `placed` is called when an
   * attempt has begun, `givenUp` when it has waited as long as it may. Answers whether it waits.
   */
  enqueue(withinMs: number, placed: () => void, givenUp: () => void): boolean {
    const { queue } = this.context;
    if (!this.isFleetFull) return false;
    const waiter: Waiter = {
      expiresAtSeconds: monotonicSeconds() + withinMs / 1000,
      tryEnter: () => {
        if (this.hasEnded) return true;
        if (!this.placeNext()) return false;
        this.waiter = undefined;
        placed();
        return true;
      },
      onTimeout: () => {
        this.waiter = undefined;
        givenUp();
      },
    };
    if (!queue.join(waiter)) return false;
    this.waiter = waiter;
    return true;
  }

  /** Whether {@link placeNext} found nobody because all are full. Only right behind it. */
  get isFleetFull(): boolean {
    return this.context.scheduler.isFull;
  }

  /** Nobody takes the request: counted. */
  countUnplaced(): void {
    this.context.counts.unplaced++;
  }

  /** Whether a further attempt is allowed after a failure of this kind. Takes it out of the retry budget. */
  tryConsumeRetry(failure: FailureKind, isBodyReplayable: boolean): boolean {
    const { maxAttempts, budget, counts } = this.context;
    const { attempts } = this;
    const isHarmless = failure === 'connection-lost' && isIdempotent(this.head.method);
    this.isUnserved = failure === 'connect-failed' || failure === 'resource-exhausted' || isHarmless;
    const isAllowed = mayRetry({ method: this.head.method, failure, attempts, maxAttempts, isBodyReplayable });
    if (!isAllowed) return false;
    if (!budget.tryWithdraw()) return false;
    counts.retries++;
    return true;
  }

  /** Whether a backend that was not tried yet could take the request now. */
  hasAlternative(): boolean {
    const { maxAttempts, scheduler } = this.context;
    return this.attempts < maxAttempts && scheduler.canPlace(this.head.demand, this.triedSlots);
  }

  /** The backend begins its answer. */
  onResponseHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    const { placement } = this;
    if (!this.isPlaced) return;
    if (status >= 500) placement.recordServerError();
    else placement.onResponseHead(headers);
    this.recordOutcome(placement, status < 500 ? 'good' : status >= 502 && status <= 504 ? 'gateway' : 'error');
  }

  /** The backend's part is over, and it went well: the answer was received whole. Answers when, monotonic milliseconds. */
  completeAttempt(): number {
    const nowMs = monotonicMs();
    if (this.isPlaced && this.placement.complete(nowMs / 1000)) this.freePlace();
    return nowMs;
  }

  /** The attempt ended without an answer, by no fault of the backend. */
  cancelAttempt(): void {
    if (this.isPlaced && this.placement.cancel()) this.freePlace();
  }

  /** The attempt failed. With a `suspicion` the backend is taken out of traffic until it answers a ping. */
  failAttempt(suspicion: string | undefined): void {
    const { placement } = this;
    if (!this.isPlaced || !placement.fail()) return;
    this.freePlace();
    if (suspicion === undefined) return;
    this.suspect(placement, suspicion);
    this.recordOutcome(placement, 'gateway');
  }

  /** The connection to the backend takes longer to open than it should: nobody else is sent there. */
  onSlowConnect(suspicion: string): void {
    if (this.isPlaced) this.suspect(this.placement, suspicion);
  }

  /**
   * The backend takes longer to begin its answer than it should: it is asked whether it is there. When it lets several
   * wait many times as long as is usual for their kind, and answers nobody, it is an outlier even if it is.
   */
  onSlowResponse(): void {
    const { placement } = this;
    const { backend } = placement;
    if (!this.isPlaced || !backend) return;
    const { registry, scheduler, stallFactor } = this.context;
    registry.requestProbe(backend);
    const { classId } = this.head;
    const usualSeconds = classId === undefined ? undefined : scheduler.usualSeconds(classId);
    if (usualSeconds === undefined || stallFactor === 0) return;
    if (this.elapsedMs > 1000 * stallFactor * usualSeconds) this.recordOutcome(placement, 'stalled');
  }

  /** Its backend has to go, or has gone. */
  disconnect(what: DisconnectScope): void {
    this.onDisconnect(what);
  }

  /** The request is over. The first call counts; whatever is still reserved is given back. */
  end(status: number, endedAt = monotonicMs()): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.cancelAttempt();
    if (this.waiter) this.context.queue.leave(this.waiter);
    this.waiter = undefined;
    this.context.log.add(this, status, endedAt);
  }

  /** The attempt is over: there is room for another exchange. */
  private freePlace(): void {
    this.context.active.remove(this.placement.slot, this);
    this.context.queue.onPlaceFreed();
  }

  private suspect({ backend, incarnation }: Placement, reason: string): void {
    if (backend) this.context.registry.observe(backend, { what: 'exchange-failed', reason, incarnation });
  }

  private recordOutcome({ backend, slot, incarnation }: Placement, outcome: ExchangeOutcome): void {
    const evidence = this.context.streaks.record(slot, incarnation, outcome);
    if (!evidence || !backend) return;
    const { reason, figures } = evidence;
    const retriesWaiting = outcome === 'stalled';
    this.context.registry.observe(backend, { what: 'outlier', reason, evidence: figures, incarnation, retriesWaiting });
  }
}
