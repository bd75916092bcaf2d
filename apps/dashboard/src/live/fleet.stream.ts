// The latest state of the fleet, and the stream of messages that keeps every open page up to date.
import type { ClusterView, FleetMetrics } from '@fairlead/contracts';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Subject, type Observable } from 'rxjs';
import { MetricsClient } from '../balancer/metrics.client.js';
import type { Rates } from '../balancer/rates.js';
import { summaryOf, type ClusterSummary } from './cluster-summary.js';
import type { Outage } from './messages.js';
import { encodeMessage } from './page-stream.js';
import { HISTORY_MS, RateHistory } from './rate-history.js';

/**
 * Holds the latest state of the fleet. A new page receives `history`, the latest `fleet`, and `outage` while the
 * balancer is unavailable.
 */
@Injectable()
export class FleetStream {
  private readonly published = new Subject<Buffer>();
  private readonly history = new RateHistory();
  private fleetMessage: Buffer | null = null;
  private latestMetrics: FleetMetrics | null = null;
  private latestCluster: ClusterSummary | null = null;
  private currentOutage: Outage | null = {
    reason: 'the balancer has not been read yet',
    since: new Date().toISOString(),
  };

  constructor(
    private readonly balancer: MetricsClient,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(FleetStream.name);
  }

  /** Null while the balancer is available. */
  get outage(): Outage | null {
    return this.currentOutage;
  }

  /** The latest reading, which is kept during an outage; null before the first. */
  get metrics(): FleetMetrics | null {
    return this.latestMetrics;
  }

  /** The cluster of the latest reading; null where the balancer is the only one, with a registry of its own. */
  get cluster(): ClusterSummary | null {
    return this.latestCluster;
  }

  /** Sends a reading to every page, and ends an outage. */
  publishFleet(metrics: FleetMetrics, rates: Rates, cluster: ClusterView | null): void {
    if (this.currentOutage) this.logger.info({ balancer: this.balancer.url }, 'balancer available');
    const atMs = Date.now();
    this.currentOutage = null;
    this.latestMetrics = metrics;
    this.latestCluster = cluster && summaryOf(cluster);
    this.history.add(atMs, rates.requests);
    this.fleetMessage = encodeMessage('fleet', { atMs, rates, metrics, cluster: this.latestCluster });
    this.published.next(this.fleetMessage);
  }

  /** Starts an outage, or changes the reason of the current one. */
  publishOutage(reason: string): void {
    this.history.add(Date.now(), null);
    if (this.currentOutage?.reason === reason) return;
    this.logger.warn({ reason }, 'balancer unavailable');
    // Another reason does not start another outage.
    this.currentOutage = { reason, since: this.currentOutage?.since ?? new Date().toISOString() };
    this.published.next(encodeMessage('outage', this.currentOutage));
  }

  /** Every update from now on; completes when the dashboard ends. */
  get updates(): Observable<Buffer> {
    return this.published;
  }

  /** Ends every stream. */
  close(): void {
    this.published.complete();
  }

  /** The messages that show a new page the current state. */
  *currentMessages(): Generator<Buffer> {
    const points = this.history.toJSON();
    yield encodeMessage('history', { controlPlane: this.balancer.publicUrl, spanMs: HISTORY_MS, points });
    if (this.fleetMessage) yield this.fleetMessage;
    if (this.currentOutage) yield encodeMessage('outage', this.currentOutage);
  }
}
