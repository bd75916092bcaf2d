// The active health-check sweeps: every backend of a pool is probed at the pool's interval, 100 s by default. Ping-ack is
// this project's name for a probe and its response.
import { DEFAULT_POOL } from '@fairlead/traffic-config';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { SchedulerRegistry } from '@nestjs/schedule';
import { balancerConfig } from '../config/balancer.config.js';
import { RegistryService } from '../registry/registry.service.js';
import { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { PoolTimers, type PoolTask } from './pool-timers.js';
import { HealthProbe } from './probe.js';

@Injectable()
export class PingAckCron implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly timers: PoolTimers;

  constructor(
    private readonly registry: RegistryService,
    private readonly probe: HealthProbe,
    scheduler: SchedulerRegistry,
    traffic: CurrentTraffic,
    @Inject(balancerConfig.KEY) { PING_ACK_JITTER: jitter }: ConfigType<typeof balancerConfig>,
  ) {
    const task: PoolTask = {
      name: 'ping-ack sweep',
      intervalSeconds: ({ health }) => health.intervalSeconds,
      jitter,
      run: (pool) => this.sweep(pool),
    };
    this.timers = new PoolTimers(task, registry, traffic, scheduler);
  }

  onApplicationBootstrap(): void {
    this.timers.start();
  }

  onApplicationShutdown(): void {
    this.timers.stop();
  }

  /** Probes all backends of a pool at the same time, and reports the results to the registry. */
  async sweep(pool = DEFAULT_POOL): Promise<void> {
    const backends = this.registry.list().filter((backend) => backend.pool === pool);
    const results = await Promise.all(
      backends.map(async (backend) => {
        const { url } = backend;
        const wasUp = backend.health.state === 'up';
        return { backend, url, wasUp, result: await this.probe.ping(backend) };
      }),
    );
    const up = results.filter(({ wasUp }) => wasUp);
    const silent = up.filter(({ result }) => result.what === 'ping-unanswered');
    const isLocalFault = this.registry.selfPreservation.ignoresSweep(silent.length, up.length, pool);
    for (const { backend, url, result } of results) {
      const { what, reason } = result;
      if (what === 'not-pinged' || (isLocalFault && what === 'ping-unanswered')) continue;
      if (backend.url === url && backend.pool === pool) this.registry.observe(backend, { what, reason });
    }
  }
}
