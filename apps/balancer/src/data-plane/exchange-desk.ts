// Where exchanges begin: hands each what it needs of the rest of the balancer.
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { RequestLog } from '../metrics/request-log.js';
import { RegistryService, monotonicSeconds } from '../registry/registry.service.js';
import { DrfScheduler } from '../scheduling/drf.scheduler.js';
import { Exchange, type ExchangeSurroundings, type RequestHead } from './exchange.js';
import { RetryBudget } from './retry.js';

@Injectable()
export class ExchangeDesk implements ExchangeSurroundings {
  readonly counts = { taken: 0, unplaced: 0, retries: 0 };
  readonly budget: RetryBudget;
  readonly maxAttempts: number;

  constructor(
    readonly scheduler: DrfScheduler,
    readonly registry: RegistryService,
    readonly log: RequestLog,
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
  ) {
    this.budget = new RetryBudget(config.RETRY_BUDGET, config.RETRY_BUDGET_MIN_PER_SECOND, monotonicSeconds);
    this.maxAttempts = config.MAX_ATTEMPTS;
  }

  begin(head: RequestHead): Exchange {
    return new Exchange(this, head);
  }
}
