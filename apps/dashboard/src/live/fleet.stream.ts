// The latest state of the fleet, and the stream of messages that keeps every open page up to date.
import type { FleetMetrics } from '@fairlead/contracts';
import { Injectable, type MessageEvent } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { concat, defer, from, type Observable, Subject } from 'rxjs';
import { MetricsClient } from '../balancer/metrics.client.js';
import type { Rates } from '../balancer/rates.js';
import type { Outage, StreamMessages } from './messages.js';
import { HISTORY_MS, RateHistory } from './rate-history.js';

/**
 * Holds the latest state of the fleet. A new page receives `history`, the latest `fleet`, and `outage` while the
 * balancer is unavailable.
 *
 * Each message is serialised once for all pages. Its data must be a string: only then does Nest count the characters
 * that wait for a slow reader.
 */
@Injectable()
export class FleetStream {
  private readonly updates = new Subject<MessageEvent>();
  private readonly history = new RateHistory();
  private fleetMessage: MessageEvent | null = null;
  private latestMetrics: FleetMetrics | null = null;
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

  /** Sends a reading to every page, and ends an outage. */
  publishFleet(metrics: FleetMetrics, rates: Rates): void {
    if (this.currentOutage) this.logger.info({ balancer: this.balancer.url }, 'balancer available');
    const atMs = Date.now();
    this.currentOutage = null;
    this.latestMetrics = metrics;
    this.history.add(atMs, rates.requests);
    this.fleetMessage = message('fleet', { atMs, rates, metrics });
    this.updates.next(this.fleetMessage);
  }

  /** Starts an outage, or changes the reason of the current one. */
  publishOutage(reason: string): void {
    this.history.add(Date.now(), null);
    if (this.currentOutage?.reason === reason) return;
    this.logger.warn({ reason }, 'balancer unavailable');
    // Another reason does not start another outage.
    this.currentOutage = { reason, since: this.currentOutage?.since ?? new Date().toISOString() };
    this.updates.next(message('outage', this.currentOutage));
  }

  /** The current state, then every update. */
  messages(): Observable<MessageEvent> {
    return defer(() => concat(from(this.currentState()), this.updates));
  }

  /** Ends every stream. */
  close(): void {
    this.updates.complete();
  }

  private *currentState(): Generator<MessageEvent> {
    const points = this.history.toJSON();
    yield message('history', { controlPlane: this.balancer.publicUrl, spanMs: HISTORY_MS, points });
    if (this.fleetMessage) yield this.fleetMessage;
    if (this.currentOutage) yield message('outage', this.currentOutage);
  }
}

function message<Type extends keyof StreamMessages>(type: Type, data: StreamMessages[Type]): MessageEvent {
  return { type, data: JSON.stringify(data) };
}
