// Checks all exchanges in progress once a second, and ends those whose client holds its place for too long.
import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../clock/monotonic.js';
import type { ExchangeControl } from './active-exchanges.js';
import { ExchangeFactory } from './exchange-factory.js';

const INTERVAL_MS = 1000;

@Injectable()
export class ClientPatrol {
  private timer: NodeJS.Timeout | undefined;
  private lastMs = monotonicMs();

  constructor(private readonly factory: ExchangeFactory) {}

  start(): void {
    this.timer = setInterval(() => this.patrol(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private patrol(): void {
    const nowMs = monotonicMs();
    // Clients are not to blame for a pause of the process.
    const elapsedMs = Math.min(nowMs - this.lastMs, 2 * INTERVAL_MS);
    this.lastMs = nowMs;
    const { active, registry } = this.factory;
    for (const slot of active.slots) active.forEach(slot, (control) => control.enforceLimits(elapsedMs));
    const { slots, maxActive } = registry.pools.all;
    slots.forEach((slot, position) => this.limitSlowUploads(slot, maxActive[position]));
  }

  /** On a full backend, slow uploads keep at most half of the places. Each thread limits its share of them. */
  private limitSlowUploads(slot: number, places: number): void {
    const { active, scheduler } = this.factory;
    const { table } = scheduler;
    if (table.active(slot) < places) return;
    const slow: ExchangeControl[] = [];
    active.forEach(slot, (control) => {
      if (control.isSlowUpload) slow.push(control);
    });
    const allowed = Math.ceil(places / 2 / table.rows.length);
    for (const control of slow.slice(allowed)) control.rejectSlowUpload();
  }
}
