// What is known of the fleet now, and the stream of messages that keeps every open page up to date.
import type { FleetMetrics } from '@fairlead/contracts';
import { Injectable, type MessageEvent } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { concat, defer, from, type Observable, Subject } from 'rxjs';
import { MetricsClient } from '../balancer/metrics.client.js';
import type { Rates } from '../balancer/rates.js';
import type { Away, StreamMessages } from './messages.js';
import { HISTORY_MS, RateHistory } from './rate-history.js';

/**
 * Holds the latest state of the fleet. A new page receives `history`, the latest `fleet`, and `away` while the balancer
 * cannot be read.
 *
 * Each message is serialised once for all pages. Its data must be a string: only then does Nest count the characters
 * that wait for a slow reader.
 */
@Injectable()
export class FleetStream {
  private readonly messages = new Subject<MessageEvent>();
  private readonly history = new RateHistory();
  private fleetMessage: MessageEvent | null = null;
  private latestMetrics: FleetMetrics | null = null;
  private absence: Away | null = { reason: 'the balancer has not been read yet', since: new Date().toISOString() };

  constructor(
    private readonly balancer: MetricsClient,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(FleetStream.name);
  }

  /** Null while the balancer answers. */
  get away(): Away | null {
    return this.absence;
  }

  /** The last reading, which stays when the balancer goes away; null before the first. */
  get metrics(): FleetMetrics | null {
    return this.latestMetrics;
  }

  showFleet(metrics: FleetMetrics, rates: Rates): void {
    if (this.absence) this.logger.info({ balancer: this.balancer.url }, 'balancer answers');
    const atMs = Date.now();
    this.absence = null;
    this.latestMetrics = metrics;
    this.history.add(atMs, rates.requests);
    this.fleetMessage = message('fleet', { atMs, rates, metrics });
    this.messages.next(this.fleetMessage);
  }

  showAway(reason: string): void {
    this.history.add(Date.now(), null);
    if (this.absence?.reason === reason) return;
    this.logger.warn({ reason }, 'balancer away');
    // Before the first reading the absence is only a guess, and a second reason does not begin a second absence.
    this.absence = { reason, since: this.absence?.since ?? new Date().toISOString() };
    this.messages.next(message('away', this.absence));
  }

  /** Everything that is known now, then every message to come. */
  stream(): Observable<MessageEvent> {
    return defer(() => concat(from(this.knownNow()), this.messages));
  }

  /** Ends every stream. */
  close(): void {
    this.messages.complete();
  }

  private *knownNow(): Generator<MessageEvent> {
    const points = this.history.toJSON();
    yield message('history', { controlPlane: this.balancer.publicUrl, spanMs: HISTORY_MS, points });
    if (this.fleetMessage) yield this.fleetMessage;
    if (this.absence) yield message('away', this.absence);
  }
}

function message<Type extends keyof StreamMessages>(type: Type, data: StreamMessages[Type]): MessageEvent {
  return { type, data: JSON.stringify(data) };
}
