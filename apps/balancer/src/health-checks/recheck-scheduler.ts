// Probes backends that are not up, with exponential backoff, until they respond or leave: a new backend is in traffic
// at once, a suspect is confirmed or cleared within moments, and a backend that was down comes back by itself.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { RegistryService } from '../registry/registry.service.js';
import { HealthProbe } from './probe.js';

@Injectable()
export class RecheckScheduler implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Timers of the next probes, by slot. */
  private readonly waiting = new Map<number, NodeJS.Timeout>();
  /** Slots whose backend is being probed now. */
  private readonly checking = new Set<number>();
  private isStopped = false;

  constructor(
    private readonly registry: RegistryService,
    private readonly probe: HealthProbe,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  onApplicationBootstrap(): void {
    this.registry.listen({ probeNeeded: ({ slot }) => this.start(slot) });
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  private start(slot: number): void {
    if (this.checking.has(slot)) return;
    clearTimeout(this.waiting.get(slot));
    void this.check(slot, this.config.RECHECK_MIN_SECONDS);
  }

  private async check(slot: number, pauseSeconds: number): Promise<void> {
    this.waiting.delete(slot);
    const backend = this.registry.atSlot(slot);
    if (!backend || this.isStopped) return;
    const { url, pool } = backend;
    this.checking.add(slot);
    const { what, reason } = await this.probe.ping(backend);
    const hasMoved = backend.url !== url || backend.pool !== pool;
    const hasChanged = hasMoved || this.registry.atSlot(slot) !== backend;
    if (!hasChanged && what !== 'not-pinged') this.registry.observe(backend, { what, reason });
    this.checking.delete(slot);
    // The probed backend left or moved meanwhile: probe the one that has the slot now.
    if (hasChanged) this.start(slot);
    else if (what !== 'ping-ok') this.checkLater(slot, pauseSeconds);
    // It responded but needs several responses in a row to be up: no backoff.
    else if (backend.health.state === 'down') this.checkLater(slot, this.config.RECHECK_MIN_SECONDS);
  }

  private checkLater(slot: number, pauseSeconds: number): void {
    if (this.isStopped) return;
    const jitteredSeconds = pauseSeconds * (0.75 + 0.5 * Math.random());
    const nextPause = Math.min(2 * pauseSeconds, this.config.RECHECK_MAX_SECONDS);
    this.waiting.set(
      slot,
      setTimeout(() => void this.check(slot, nextPause), jitteredSeconds * 1000),
    );
  }
}
