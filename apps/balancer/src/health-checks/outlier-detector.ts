// Outlier detection over a time window: a backend whose exchanges fail, or take far longer than usual for their class,
// is ejected. The data plane detects consecutive failures itself, at once.
import { LoadTable, windowOutlier, type OutlierRules, type WindowCounts } from '@fairlead/scheduling';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { SchedulerRegistry } from '@nestjs/schedule';
import { balancerConfig } from '../config/balancer.config.js';
import type { Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';

/** A backend's counts at the start of the window, and its incarnation then. */
interface WindowStart {
  readonly incarnation: number;
  readonly counts: WindowCounts;
}

@Injectable()
export class OutlierDetector implements OnApplicationBootstrap {
  private readonly rules: OutlierRules;
  private readonly starts = new WeakMap<Backend, WindowStart>();

  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly scheduler: SchedulerRegistry,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {
    this.rules = {
      consecutive5xx: config.OUTLIER_CONSECUTIVE_5XX,
      consecutiveGatewayErrors: config.OUTLIER_CONSECUTIVE_GATEWAY_ERRORS,
      failureRatio: config.OUTLIER_FAILURE_RATIO,
      latencyFactor: config.OUTLIER_LATENCY_FACTOR,
      minRequests: config.OUTLIER_MIN_REQUESTS,
    };
  }

  onApplicationBootstrap(): void {
    const timer = setInterval(() => this.sweep(), this.config.OUTLIER_INTERVAL_SECONDS * 1000);
    this.scheduler.addInterval('outlier sweep', timer);
  }

  /** Ends the window of every backend, and ejects the outliers. */
  sweep(): void {
    for (const backend of this.registry.list()) {
      const { incarnation } = backend;
      const counts = this.table.outcomes(backend.slot);
      const start = this.starts.get(backend);
      this.starts.set(backend, { incarnation, counts });
      if (start?.incarnation !== incarnation) continue;
      const evidence = windowOutlier(difference(counts, start.counts), this.rules);
      if (!evidence) continue;
      const reason = `${evidence.reason} within ${this.config.OUTLIER_INTERVAL_SECONDS} s`;
      this.registry.observe(backend, { what: 'outlier', reason, evidence: evidence.figures, incarnation });
    }
  }
}

function difference(now: WindowCounts, before: WindowCounts): WindowCounts {
  return {
    exchanges: now.exchanges - before.exchanges,
    failures: now.failures - before.failures,
    measured: now.measured - before.measured,
    stretch: now.stretch - before.stretch,
  };
}
