// The ping-ack sweep: every 100 s by default, each backend is asked whether it still answers.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { SchedulerRegistry } from '@nestjs/schedule';
import { balancerConfig } from '../config/balancer.config.js';
import { RegistryService } from '../registry/registry.service.js';
import { HealthProbe } from './probe.js';

const TIMER = 'ping-ack sweep';

@Injectable()
export class PingAckCron implements OnApplicationBootstrap, OnApplicationShutdown {
  private isStopped = false;

  constructor(
    private readonly registry: RegistryService,
    private readonly probe: HealthProbe,
    private readonly scheduler: SchedulerRegistry,
    @Inject(balancerConfig.KEY) private readonly config: ConfigType<typeof balancerConfig>,
  ) {}

  onApplicationBootstrap(): void {
    this.scheduleNext();
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    if (this.scheduler.doesExist('timeout', TIMER)) this.scheduler.deleteTimeout(TIMER);
  }

  /** Pings every backend once, all at the same time, and tells the registry what was seen. */
  async sweep(): Promise<void> {
    const observations = await Promise.all(
      this.registry.list().map(async (backend) => {
        const { url } = backend;
        const wasUp = backend.health.state === 'up';
        return { backend, url, wasUp, outcome: await this.probe.ping(backend) };
      }),
    );
    const up = observations.filter(({ wasUp }) => wasUp);
    const silent = up.filter(({ outcome }) => outcome.what === 'ping-unanswered');
    const isOwnFault = this.registry.selfPreservation.ignoresSweep(silent.length, up.length);
    for (const { backend, url, outcome } of observations) {
      const { what, reason } = outcome;
      if (what === 'not-pinged' || (isOwnFault && what === 'ping-unanswered')) continue;
      if (backend.url === url) this.registry.observe(backend, { what, reason });
    }
  }

  /** The next sweep is set only when this one is over, so that no two of them ever overlap. */
  private scheduleNext(): void {
    if (this.isStopped) return;
    if (this.scheduler.doesExist('timeout', TIMER)) this.scheduler.deleteTimeout(TIMER);
    const { PING_ACK_INTERVAL_SECONDS: interval, PING_ACK_JITTER: jitter } = this.config;
    const seconds = interval * (1 + jitter * (2 * Math.random() - 1));
    this.scheduler.addTimeout(
      TIMER,
      setTimeout(() => void this.sweep().finally(() => this.scheduleNext()), seconds * 1000),
    );
  }
}
