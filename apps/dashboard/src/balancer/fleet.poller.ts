// Reads the balancer again and again, whether or not anybody looks, so that whoever opens the page sees the last minutes.
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { FleetMetrics } from '@fairlead/contracts';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { dashboardConfig, type DashboardConfig } from '../config/dashboard.config.js';
import { FleetStream } from '../live/fleet.stream.js';
import { BalancerAwayError, MetricsClient } from './metrics.client.js';
import { ratesBetween } from './rates.js';

interface Reading {
  readonly metrics: FleetMetrics;
  /** When it came in, on the monotonic clock. */
  readonly monotonicMs: number;
}

@Injectable()
export class FleetPoller implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private polling: Promise<void> = Promise.resolve();
  private previous: Reading | null = null;

  constructor(
    @Inject(dashboardConfig.KEY) private readonly config: DashboardConfig,
    private readonly balancer: MetricsClient,
    private readonly feed: FleetStream,
  ) {}

  /** The first reading is awaited: from the first page on, the dashboard knows whether the balancer is there. */
  async onApplicationBootstrap(): Promise<void> {
    await this.poll();
    this.polling = this.pollUntilStopped();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.polling;
    this.feed.close();
    // One turn of the event loop, in which the streams write their end before Nest closes their connections.
    await setImmediate();
  }

  /** One reading after the other: the next begins an interval after the last began, or at once if that took longer. */
  private async pollUntilStopped(): Promise<void> {
    const { signal } = this.stopping;
    let beganMs = performance.now();
    while (!signal.aborted) {
      const restMs = Math.max(0, beganMs + this.config.refreshIntervalMs - performance.now());
      await delay(restMs, undefined, { signal }).catch(() => undefined);
      beganMs = performance.now();
      if (!signal.aborted) await this.poll();
    }
  }

  private async poll(): Promise<void> {
    try {
      const metrics = await this.balancer.metrics(this.stopping.signal);
      const reading = { metrics, monotonicMs: performance.now() };
      const elapsedSeconds = this.previous ? (reading.monotonicMs - this.previous.monotonicMs) / 1000 : 0;
      const rates = ratesBetween(this.previous?.metrics ?? null, metrics, elapsedSeconds);
      this.previous = reading;
      this.feed.showFleet(metrics, rates);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      if (!(error instanceof BalancerAwayError)) throw error;
      // A rate averaged over the absence would be drawn as if it were the rate of now.
      this.previous = null;
      this.feed.showAway(error.message);
    }
  }
}
