// Polls the balancer even while no page is open, so that a new page can show the last minutes.
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { FleetMetrics } from '@fairlead/contracts';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { dashboardConfig, type DashboardConfig } from '../config/dashboard.config.js';
import { FleetStream } from '../live/fleet.stream.js';
import { BalancerUnavailableError, MetricsClient } from './metrics.client.js';
import { ratesBetween } from './rates.js';

/** The wait after a reading that had been received already: the balancer serves each for METRICS_MAX_AGE_SECONDS. */
const REPEATED_DELAY_MS = 100;

/** Reads the metrics and the cluster at the configured interval and passes them to the stream. */
@Injectable()
export class FleetPoller implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private polling: Promise<void> = Promise.resolve();
  private previous: FleetMetrics | null = null;

  constructor(
    @Inject(dashboardConfig.KEY) private readonly config: DashboardConfig,
    private readonly balancer: MetricsClient,
    private readonly stream: FleetStream,
  ) {}

  /** Awaits the first reading, so that even the first page shows whether the balancer is available. */
  async onApplicationBootstrap(): Promise<void> {
    await this.poll();
    this.polling = this.pollUntilStopped();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.polling;
    this.stream.close();
    // In this turn of the event loop the streams write their end; afterwards Nest closes their connections.
    await setImmediate();
  }

  /** Starts each reading one interval after the start of the previous one, or at once if that took longer. */
  private async pollUntilStopped(): Promise<void> {
    const { signal } = this.stopping;
    const { refreshIntervalMs } = this.config;
    let startedMs = performance.now();
    let isNew = true;
    while (!signal.aborted) {
      const intervalMs = isNew ? refreshIntervalMs : Math.min(refreshIntervalMs, REPEATED_DELAY_MS);
      const delayMs = Math.max(0, startedMs + intervalMs - performance.now());
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
      startedMs = performance.now();
      if (!signal.aborted) isNew = await this.poll();
    }
  }

  /** Returns false when it got the same reading as before. */
  private async poll(): Promise<boolean> {
    try {
      const { signal } = this.stopping;
      const metrics = await this.balancer.metrics(signal);
      if (metrics.uptimeSeconds === this.previous?.uptimeSeconds) return false;
      const cluster = await this.balancer.cluster(signal);
      const rates = ratesBetween(this.previous, metrics);
      this.previous = metrics;
      this.stream.publishFleet(metrics, rates, cluster);
    } catch (error) {
      if (this.stopping.signal.aborted) return true;
      if (!(error instanceof BalancerUnavailableError)) throw error;
      // The next rate would be an average over the outage, but shown as the current rate.
      this.previous = null;
      this.stream.publishOutage(error.message);
    }
    return true;
  }
}
