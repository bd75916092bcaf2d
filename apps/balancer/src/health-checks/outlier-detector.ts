// Outlier detection over a time window of each pool: a backend whose exchanges fail, or take far longer than usual for
// their class, is ejected. The data plane detects consecutive failures itself, at once.
import { LoadTable, windowOutlier, type WindowCounts } from '@fairlead/scheduling';
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Backend } from '../registry/backend.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { PoolTimers, type PoolTask } from './pool-timers.js';

/** A backend's counts at the start of the window, and its incarnation then. */
interface WindowStart {
  readonly incarnation: number;
  readonly counts: WindowCounts;
}

@Injectable()
export class OutlierDetector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly timers: PoolTimers;
  private readonly starts = new WeakMap<Backend, WindowStart>();

  constructor(
    private readonly registry: RegistryService,
    private readonly table: LoadTable,
    private readonly traffic: CurrentTraffic,
    scheduler: SchedulerRegistry,
  ) {
    const task: PoolTask = {
      name: 'outlier sweep',
      intervalSeconds: ({ outliers }) => outliers.intervalSeconds,
      jitter: 0,
      run: (pool) => this.sweep(pool),
    };
    this.timers = new PoolTimers(task, registry, traffic, scheduler);
  }

  onApplicationBootstrap(): void {
    this.timers.start();
  }

  onApplicationShutdown(): void {
    this.timers.stop();
  }

  /** Ends the window of every backend of a pool, and ejects the outliers. */
  sweep(pool = DEFAULT_POOL): void {
    const { outliers } = this.traffic.settingsOf(pool);
    for (const backend of this.registry.list()) {
      if (backend.pool !== pool) continue;
      const { incarnation } = backend;
      const counts = this.table.outcomes(backend.slot);
      const start = this.starts.get(backend);
      this.starts.set(backend, { incarnation, counts });
      if (start?.incarnation !== incarnation) continue;
      const evidence = windowOutlier(difference(counts, start.counts), outliers);
      if (!evidence) continue;
      const reason = `${evidence.reason} within ${outliers.intervalSeconds} s`;
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
