// The accounts of one request: which backends it was given to, what became of each attempt, and how it ended. The same
// for every lane, so that a reservation is released exactly once, however the exchange ends.
import type { ExchangeOutcome } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { monotonicMs, monotonicSeconds } from '../../clock/monotonic.js';
import type { PlacementObstacle } from '../../placement/drf.scheduler.js';
import type { Placement } from '../../placement/placement.js';
import type { FleetBackend } from '../../registry/snapshot/fleet.js';
import type { LimitRefusal } from '../limits/limit-refusal.js';
import { RequestClaim } from '../limits/request-claim.js';
import type { ActiveExchange, ExchangeControl } from './active-exchanges.js';
import type { AdmissionQueue, Waiter } from './admission-queue.js';
import type { ExchangeContext } from './exchange-context.js';
import { isAttemptOpen, nextState, type ExchangeEvent, type ExchangeState } from './exchange-state.js';
import type { PlacedRequest } from './placed-request.js';
import type { PoolExchanges } from './pool-exchanges.js';
import { countEnd } from './request-counts.js';
import { mayRetry, type FailureKind } from './retry-policy.js';

/** Passed over when every backend may be tried again. */
const NO_SLOTS: readonly number[] = [];

/** Serves one request after another: {@link start} may follow {@link end}. */
export class Exchange implements ActiveExchange {
  /** Among the active exchanges of its backend. */
  setIndex = -1;
  /** Grows with each request, so that a callback that was meant for an earlier one can be told apart. */
  generation = 0;
  attempts = 0;
  /** When the request arrived, monotonic milliseconds. */
  startedAtMs = 0;
  /** When the last attempt began, milliseconds after the request arrived. */
  placedMs = 0;
  private current: ExchangeState = 'idle';
  private request: PlacedRequest | undefined;
  /** What it shares with the other exchanges of its pool. */
  private pool: PoolExchanges;
  /** Whether a backend has responded. */
  private isAnswered = false;
  private waiter: Waiter | undefined;
  /** Where {@link waiter} waits. */
  private line: AdmissionQueue | undefined;
  private readonly triedSlots: number[] = [];
  private readonly placement: Placement;
  private readonly claim: RequestClaim;
  /** Why the client may not have this request served; undefined when it may. */
  overLimit: LimitRefusal | undefined;
  /** Why {@link placeNext} found no backend when it last found none. */
  obstacle: PlacementObstacle = 'none';

  constructor(
    private readonly context: ExchangeContext,
    /** How others reach into it: the part of the lane that serves it. */
    readonly control: ExchangeControl,
  ) {
    this.pool = context.poolOf(DEFAULT_POOL);
    this.placement = context.scheduler.createPlacement();
    this.claim = new RequestClaim(context.limits);
  }

  /** Where the request stands. */
  get state(): ExchangeState {
    return this.current;
  }

  /** Begins with a request that has arrived. */
  start(request: PlacedRequest): void {
    const { context } = this;
    this.apply('start');
    this.generation++;
    this.request = request;
    this.pool = context.poolOf(request.pool);
    this.startedAtMs = monotonicMs();
    this.placedMs = 0;
    this.attempts = 0;
    while (this.triedSlots.length > 0) this.triedSlots.pop();
    this.isAnswered = false;
    context.counts.taken++;
    context.requests.countMethod(request.method);
    this.overLimit = this.claim.acquire(request.client, this.startedAtMs, request.route);
    if (!this.overLimit) this.pool.budget.deposit(this.startedAtMs / 1000);
  }

  /** What is known of the request. @throws {Error} before the first. */
  get head(): PlacedRequest {
    if (!this.request) throw new Error('an exchange was asked for its request before it started');
    return this.request;
  }

  /** The backend that serves the exchange, or was the last to. */
  get backend(): FleetBackend | undefined {
    return this.attempts > 0 ? this.placement.backend : undefined;
  }

  /** Time since the request arrived, milliseconds. */
  get elapsedMs(): number {
    return monotonicMs() - this.startedAtMs;
  }

  /** Step 5, place: starts an attempt on the best backend, if possible an untried one. Undefined: see {@link obstacle}. */
  placeNext(): FleetBackend | undefined {
    const { head, placement, triedSlots } = this;
    const { scheduler, active } = this.context;
    // For the first attempt of a request that has just arrived no time has passed.
    const isImmediate = this.attempts === 0 && this.current === 'placing';
    const nowMs = isImmediate ? this.startedAtMs : monotonicMs();
    const isPlaced =
      scheduler.place(head, triedSlots, placement, nowMs / 1000) ||
      (this.attempts > 0 && scheduler.place(head, NO_SLOTS, placement, nowMs / 1000));
    if (!isPlaced) {
      this.obstacle = scheduler.obstacle;
      return undefined;
    }
    this.apply('place');
    this.placedMs = nowMs - this.startedAtMs;
    triedSlots.push(placement.slot);
    this.attempts++;
    active.add(placement.slot, this);
    return placement.backend;
  }

  /**
   * After {@link placeNext} found no backend: waits for room and for the registry, or with `holdMs` for a backend that could
   * serve the request, if the line is not full. `onPlaced` is called once an attempt has started, `onTimeout` when it has
   * waited as long as its pool lets requests wait, or `holdMs`. Returns whether the request waits.
   */
  enqueue(onPlaced: (backend: FleetBackend) => void, onTimeout: () => void, holdMs?: number): boolean {
    const { generation, pool } = this;
    const line = holdMs === undefined ? pool.queue : pool.held;
    const withinMs = holdMs ?? pool.queueTimeoutMs;
    const waiter: Waiter = {
      expiresAtSeconds: monotonicSeconds() + withinMs / 1000,
      tryEnter: () => {
        this.assertGeneration(generation);
        const backend = this.placeNext();
        if (!backend) return false;
        this.waiter = undefined;
        onPlaced(backend);
        return true;
      },
      onTimeout: () => {
        this.assertGeneration(generation);
        this.waiter = undefined;
        this.apply('expire');
        onTimeout();
      },
    };
    if (!line.join(waiter)) return false;
    this.line = line;
    this.waiter = waiter;
    this.apply('enqueue');
    return true;
  }

  /** The request does not wait for room any more. Does nothing when it does not. */
  leaveQueue(): void {
    if (!this.waiter) return;
    this.line?.leave(this.waiter);
    this.waiter = undefined;
    this.apply('expire');
  }

  /** No attempt follows. `isUnplaced`: no backend could take the request, which is counted. */
  giveUp(isUnplaced: boolean): void {
    this.apply('give-up');
    if (isUnplaced) this.context.counts.unplaced++;
  }

  /** Whether another attempt is allowed after a failure of this kind. Takes it out of the retry budget. */
  tryConsumeRetry(failure: FailureKind, isBodyReplayable: boolean): boolean {
    if (!this.mayRetry(failure, isBodyReplayable) || !this.pool.budget.tryWithdraw()) return false;
    this.context.counts.retries++;
    return true;
  }

  /** Whether a retry is allowed after a timeout, and a backend that was not tried yet could take the request now. */
  hasAlternative(isBodyReplayable: boolean): boolean {
    const isAllowed = this.mayRetry('timeout', isBodyReplayable) && this.pool.budget.canWithdraw;
    return isAllowed && this.context.scheduler.canPlace(this.head, this.triedSlots);
  }

  /** The head of the backend's response has arrived. */
  onResponseHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    const { placement } = this;
    this.apply('respond');
    this.isAnswered = true;
    placement.countStatus(status);
    if (status >= 500) {
      placement.recordServerError();
      this.pool.discountExcessFailure(placement, this.head.client, this.placedAtSeconds);
    } else placement.onResponseHead(headers);
    this.recordOutcome(placement, status < 500 ? 'good' : status >= 502 && status <= 504 ? 'gateway' : 'error');
  }

  /** Step 10, account: the response is whole. Does nothing when the attempt is over. Returns the time, monotonic ms. */
  completeAttempt(): number {
    const nowMs = monotonicMs();
    if (isAttemptOpen(this.current) && this.placement.complete(nowMs / 1000)) {
      this.pool.countStretch(this.placement, this.head.client, this.placedAtSeconds);
      this.release();
    }
    return nowMs;
  }

  /** The attempt ended without a whole response, which is not the backend's fault. Does nothing when it is over. */
  cancelAttempt(): void {
    if (isAttemptOpen(this.current) && this.placement.cancel()) this.release();
  }

  /** The attempt failed. With a `suspicion` the backend is out of traffic until a probe succeeds. */
  failAttempt(suspicion: string | undefined): void {
    const { placement } = this;
    if (!isAttemptOpen(this.current) || !placement.fail()) return;
    this.release();
    if (suspicion === undefined) return;
    this.suspect(placement, suspicion);
    // A 5xx response was recorded when its head arrived.
    if (placement.isServerError) return;
    this.pool.discountExcessFailure(placement, this.head.client, this.placedAtSeconds);
    this.recordOutcome(placement, 'gateway');
  }

  /** The connection to the backend takes too long to open: no other request is sent there. */
  onSlowConnect(suspicion: string): void {
    if (isAttemptOpen(this.current)) this.suspect(this.placement, suspicion);
  }

  /**
   * The response takes too long to begin: the backend is probed. A backend that keeps several exchanges waiting for many
   * times their class's usual latency, and responds to none, is an outlier even if the probe succeeds.
   */
  onSlowResponse(): void {
    const { placement } = this;
    const { backend } = placement;
    if (!isAttemptOpen(this.current) || !backend) return;
    const { registry, scheduler } = this.context;
    const { stallFactor } = this.pool;
    registry.requestProbe(backend);
    const { classId } = this.head;
    const usualSeconds = classId === undefined ? undefined : scheduler.usualSeconds(classId);
    if (usualSeconds === undefined || stallFactor === 0) return;
    if (this.elapsedMs > 1000 * stallFactor * usualSeconds) this.recordOutcome(placement, 'stalled');
  }

  /** Step 10: the request is over, and what it still holds is released. Once for each {@link start}. */
  end(status: number, endedAtMs = monotonicMs()): void {
    this.cancelAttempt();
    this.leaveQueue();
    this.claim.release();
    // A backend's response was counted when its head arrived.
    if (!this.isAnswered) this.pool.counts.countLocalResponse(status);
    countEnd(this.context.counts, this.pool.counts, this.control.details, this.startedAtMs, status, endedAtMs);
    this.apply('end');
    this.context.log.add(this, status, endedAtMs);
  }

  /** @throws {Error} when the exchange serves another request than the caller was made for. */
  assertGeneration(generation: number): void {
    if (generation !== this.generation || this.current === 'idle') {
      throw new Error(
        `a late callback of request ${generation}: the exchange is ${this.current}, request ${this.generation}`,
      );
    }
  }

  private mayRetry(failure: FailureKind, isBodyReplayable: boolean): boolean {
    const { attempts, head } = this;
    const { maxAttempts } = head.route;
    return mayRetry({ method: head.method, failure, attempts, maxAttempts, isBodyReplayable });
  }

  private apply(event: ExchangeEvent): void {
    this.current = nextState(this.current, event);
  }

  /** The attempt is over: there is room for another exchange on its backend. */
  private release(): void {
    this.apply('release');
    this.context.active.remove(this.placement.slot, this);
    this.pool.queue.onPlaceFreed();
  }

  private suspect({ backend, incarnation }: Placement, reason: string): void {
    if (backend) this.context.registry.observe(backend, { what: 'exchange-failed', reason, incarnation });
  }

  /** When the present attempt began, monotonic seconds. */
  private get placedAtSeconds(): number {
    return (this.startedAtMs + this.placedMs) / 1000;
  }

  private recordOutcome({ backend, slot, incarnation }: Placement, outcome: ExchangeOutcome): void {
    const { head, pool, placedAtSeconds } = this;
    const found = pool.streaks.record(slot, incarnation, outcome, head.client, placedAtSeconds);
    if (!found || !backend) return;
    const { reason, figures: evidence } = found;
    const retriesWaiting = outcome === 'stalled';
    this.context.registry.observe(backend, { what: 'outlier', reason, evidence, incarnation, retriesWaiting });
  }
}
