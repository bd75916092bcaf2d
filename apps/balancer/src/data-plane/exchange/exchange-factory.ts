// Where exchanges begin: hands each what it needs of the rest of the balancer.
import { FailureStreaks, type ThreadCounts } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../../config/balancer.config.js';
import { RequestLog } from '../../metrics/request-log.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { DrfScheduler } from '../../placement/drf.scheduler.js';
import { AdmissionQueue } from './admission-queue.js';
import { Exchange, type DisconnectHandler, type ExchangeContext } from './exchange.js';
import { ActiveExchanges } from './active-exchanges.js';
import { RetryBudget } from './retry-policy.js';

@Injectable()
export class ExchangeFactory implements ExchangeContext {
  readonly counts: ThreadCounts;
  readonly budget: RetryBudget;
  readonly queue: AdmissionQueue;
  readonly active: ActiveExchanges;
  readonly streaks: FailureStreaks;
  readonly maxAttempts: number;
  readonly stallFactor: number;

  constructor(
    readonly scheduler: DrfScheduler,
    readonly registry: Fleet,
    readonly log: RequestLog,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.budget = new RetryBudget(config.RETRY_BUDGET, config.RETRY_BUDGET_MIN_PER_SECOND, monotonicSeconds);
    const { own, rows } = scheduler.table;
    this.counts = own.counts;
    // Each thread has a queue of its own, and its part of the places.
    const places = Math.ceil(config.MAX_QUEUED_REQUESTS / rows.length);
    this.queue = new AdmissionQueue(places, monotonicSeconds, own.counts);
    this.active = new ActiveExchanges(config.MAX_BACKENDS);
    this.streaks = new FailureStreaks(
      {
        consecutive5xx: config.OUTLIER_CONSECUTIVE_5XX,
        consecutiveGatewayErrors: config.OUTLIER_CONSECUTIVE_GATEWAY_ERRORS,
      },
      config.MAX_BACKENDS,
    );
    this.maxAttempts = config.MAX_ATTEMPTS;
    this.stallFactor = config.OUTLIER_LATENCY_FACTOR;
    registry.listen({ disconnect: (slot, what) => this.active.disconnect(slot, what) });
  }

  /** For one request after another. `onCut` is called when the backend of the present one has to go, or has gone. */
  create(onCut: DisconnectHandler): Exchange {
    return new Exchange(this, onCut);
  }
}
