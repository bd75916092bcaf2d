// What the exchanges of one pool share in a thread: its queue, its retry budget, and its failures in a row.
import { isDeepStrictEqual } from 'node:util';
import { FailureStreaks } from '@fairlead/scheduling';
import type { OutlierConfig, PoolConfig } from '@fairlead/traffic-config';
import { monotonicSeconds } from '../../clock/monotonic.js';
import type { PoolCounts, RequestRow } from '../../metrics/request-table.js';
import type { Placement } from '../../placement/placement.js';
import { AdmissionQueue } from './admission-queue.js';
import { RetryBudget } from './retry-budget.js';

/** What all pools of a thread have in common. */
export interface PoolExchangesContext {
  /** MAX_BACKENDS. */
  readonly slotCount: number;
  /** The threads that serve clients: each has its part of the places of a queue. */
  readonly threads: number;
  /** Holds the number of waiting requests, of all pools. */
  readonly counts: { queued: number };
  /** Counts what became of requests, by pool. */
  readonly requests: RequestRow;
}

export class PoolExchanges {
  /** Requests that wait for room, or for the registry. */
  readonly queue: AdmissionQueue;
  /** Requests that wait for a backend that could serve them. Apart, because they may wait long at the head of a line. */
  readonly held: AdmissionQueue;
  readonly budget: RetryBudget;
  readonly counts: PoolCounts;
  streaks: FailureStreaks;
  /** An exchange that waits this many times its class's usual latency has stalled; 0: none does. */
  stallFactor: number;
  /** How long a request waits in {@link queue}, milliseconds. */
  queueTimeoutMs: number;
  private config: PoolConfig;

  constructor(
    readonly name: string,
    config: PoolConfig,
    private readonly context: PoolExchangesContext,
  ) {
    const { queue, retryBudget, outliers } = config;
    this.config = config;
    this.counts = context.requests.pool(name);
    this.queue = new AdmissionQueue(this.placesOf(config), monotonicSeconds, context.counts);
    this.held = new AdmissionQueue(this.placesOf(config), monotonicSeconds, context.counts);
    this.budget = new RetryBudget(retryBudget.ratio, retryBudget.minPerSecond, monotonicSeconds);
    this.streaks = this.streaksOf(outliers);
    this.stallFactor = outliers.latencyFactor;
    this.queueTimeoutMs = queue.timeoutSeconds * 1000;
  }

  /** Applies new settings. Counts are kept; only the failure streaks start over, if the outlier rules have changed. */
  use(config: PoolConfig): void {
    const { queue, retryBudget, outliers } = config;
    this.queue.capacity = this.placesOf(config);
    this.held.capacity = this.placesOf(config);
    this.queueTimeoutMs = queue.timeoutSeconds * 1000;
    this.budget.ratio = retryBudget.ratio;
    this.budget.minPerSecond = retryBudget.minPerSecond;
    if (!isDeepStrictEqual(outliers, this.config.outliers)) this.streaks = this.streaksOf(outliers);
    this.stallFactor = outliers.latencyFactor;
    this.config = config;
  }

  /** A failure of a client that has most of them does not count against the backend. */
  discountExcessFailure(placement: Placement, client: string, atSeconds: number): void {
    if (this.streaks.isExcessFailure(placement.slot, client, atSeconds)) placement.discountFailure();
  }

  /** The same of a response that would be an outlier by its latency. */
  countStretch(placement: Placement, client: string, atSeconds: number): void {
    const { stallFactor, streaks } = this;
    const isSlow = stallFactor > 0 && placement.stretch !== undefined && placement.stretch >= stallFactor;
    if (isSlow && streaks.isExcessSlowness(placement.slot, client, atSeconds)) return;
    placement.countStretch();
  }

  /** How many requests wait, for room or for a backend. */
  get waiting(): number {
    return this.queue.length + this.held.length;
  }

  private placesOf({ queue }: PoolConfig): number {
    return Math.ceil(queue.maxRequests / this.context.threads);
  }

  private streaksOf({ consecutive5xx, consecutiveGatewayErrors, intervalSeconds }: OutlierConfig): FailureStreaks {
    return new FailureStreaks({ consecutive5xx, consecutiveGatewayErrors }, this.context.slotCount, intervalSeconds);
  }
}
