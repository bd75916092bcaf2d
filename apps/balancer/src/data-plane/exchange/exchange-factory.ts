// Creates exchanges, and holds what they need of the rest of the balancer.
import { FailureStreaks, type ThreadCounts } from '@fairlead/scheduling';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { monotonicSeconds } from '../../clock/monotonic.js';
import { balancerConfig } from '../../config/balancer.config.js';
import { RequestLog } from '../../metrics/request-log.js';
import { DrfScheduler } from '../../placement/drf.scheduler.js';
import { Fleet } from '../../registry/snapshot/fleet.js';
import { ClientLimits } from '../limits/client-limits.js';
import { ActiveExchanges, type ExchangeControl } from './active-exchanges.js';
import { AdmissionQueue } from './admission-queue.js';
import { Exchange } from './exchange.js';
import type { ExchangeContext } from './exchange-context.js';
import { RetryBudget } from './retry-budget.js';

@Injectable()
export class ExchangeFactory implements ExchangeContext {
  readonly counts: ThreadCounts;
  readonly budget: RetryBudget;
  readonly queue: AdmissionQueue;
  readonly active: ActiveExchanges;
  readonly streaks: FailureStreaks;
  readonly stallFactor: number;

  constructor(
    readonly scheduler: DrfScheduler,
    readonly registry: Fleet,
    readonly log: RequestLog,
    readonly limits: ClientLimits,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.budget = new RetryBudget(config.RETRY_BUDGET, config.RETRY_BUDGET_MIN_PER_SECOND, monotonicSeconds);
    const { own, rows } = scheduler.table;
    this.counts = own.counts;
    // Each thread has a queue of its own, with its part of the places.
    const places = Math.ceil(config.MAX_QUEUED_REQUESTS / rows.length);
    this.queue = new AdmissionQueue(places, monotonicSeconds, own.counts);
    this.active = new ActiveExchanges(config.MAX_BACKENDS);
    this.streaks = new FailureStreaks(
      {
        consecutive5xx: config.OUTLIER_CONSECUTIVE_5XX,
        consecutiveGatewayErrors: config.OUTLIER_CONSECUTIVE_GATEWAY_ERRORS,
      },
      config.MAX_BACKENDS,
      config.OUTLIER_INTERVAL_SECONDS,
    );
    this.stallFactor = config.OUTLIER_LATENCY_FACTOR;
    registry.listen({ disconnect: (slot, scope) => this.active.disconnect(slot, scope) });
  }

  /** An exchange for one request after another. */
  create(control: ExchangeControl): Exchange {
    return new Exchange(this, control);
  }
}
