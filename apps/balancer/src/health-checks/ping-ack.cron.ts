// The active health-check sweep: probes every backend at an interval, 100 s by default. Ping-ack is this project's name
// for a probe and its response.
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

  /** Probes all backends at the same time, and reports the results to the registry. */
  async sweep(): Promise<void> {
    const results = await Promise.all(
      this.registry.list().map(async (backend) => {
        const { url } = backend;
        const wasUp = backend.health.state === 'up';
        return { backend, url, wasUp, result: await this.probe.ping(backend) };
      }),
    );
    const up = results.filter(({ wasUp }) => wasUp);
    const silent = up.filter(({ result }) => result.what === 'ping-unanswered');
    const isLocalFault = this.registry.selfPreservation.ignoresSweep(silent.length, up.length);
    for (const { backend, url, result } of results) {
      const { what, reason } = result;
      if (what === 'not-pinged' || (isLocalFault && what === 'ping-unanswered')) continue;
      if (backend.url === url) this.registry.observe(backend, { what, reason });
    }
  }

  /** Called when a sweep has ended, so that two sweeps never overlap. */
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
