// What happened to the fleet, kept in memory: the newest events, each logged once when it happens.
import type { BackendState, FleetEvent } from '@fairlead/contracts';
import { Injectable, Logger } from '@nestjs/common';

const KEPT_EVENTS = 100;

@Injectable()
export class FleetEvents {
  private readonly logger = new Logger('Fleet');
  private readonly events: FleetEvent[] = [];
  private sequence = 0;
  private readonly flips = new Map<BackendState, number>();

  /** Records that a backend went from one state to another. */
  record(backend: string, from: BackendState | null, to: BackendState, reason: string): void {
    this.sequence++;
    this.flips.set(to, (this.flips.get(to) ?? 0) + 1);
    this.events.push({ sequence: this.sequence, at: new Date().toISOString(), backend, from, to, reason });
    if (this.events.length > KEPT_EVENTS) this.events.shift();
    const message = `${backend}: ${from ?? 'new'} → ${to} (${reason})`;
    if (to === 'down' || to === 'suspect') this.logger.warn(message);
    else this.logger.log(message);
  }

  /** The newest events, oldest first. */
  newest(): readonly FleetEvent[] {
    return [...this.events];
  }

  /** How often backends came into each state since the start. */
  flipCounts(): ReadonlyMap<BackendState, number> {
    return this.flips;
  }
}
