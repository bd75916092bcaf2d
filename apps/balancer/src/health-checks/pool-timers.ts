// Runs a task for each pool again and again, at an interval of the pool's own.
import { DEFAULT_POOL, type PoolConfig } from '@fairlead/traffic-config';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { RegistryService } from '../registry/registry.service.js';
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';

/** What is done for each pool. */
export interface PoolTask {
  /** Of the timers in Nest's scheduler; those of other pools than the default one are called `NAME of POOL`. */
  readonly name: string;
  /** The pause before a pool's first task, and between two: a task that takes longer delays the next one. */
  readonly intervalSeconds: (pool: PoolConfig) => number;
  /** The part of an interval by which a pause is shorter or longer at random, 0 to 1. */
  readonly jitter: number;
  readonly run: (pool: string) => Promise<void> | void;
}

/** The pools are those of the configuration, and those that still have backends. */
export class PoolTimers {
  /** The interval of each pool, seconds. */
  private readonly intervals = new Map<string, number>();
  /** Pools whose task is under way. */
  private readonly running = new Set<string>();
  private isStopped = false;

  constructor(
    private readonly task: PoolTask,
    private readonly registry: RegistryService,
    private readonly traffic: CurrentTraffic,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  start(): void {
    this.traffic.listen(() => this.update());
  }

  stop(): void {
    this.isStopped = true;
    for (const pool of this.intervals.keys()) this.clear(pool);
  }

  private update(): void {
    for (const pool of this.pools()) {
      const seconds = this.task.intervalSeconds(this.traffic.settingsOf(pool));
      if (this.intervals.get(pool) === seconds) continue;
      this.intervals.set(pool, seconds);
      if (!this.running.has(pool)) this.schedule(pool, seconds);
    }
  }

  private pools(): Set<string> {
    const configured = this.traffic.config.pools.map(({ name }) => name);
    return new Set([...configured, ...this.registry.list().map(({ pool }) => pool)]);
  }

  private schedule(pool: string, seconds: number): void {
    this.clear(pool);
    if (this.isStopped) return;
    const pauseSeconds = seconds * (1 + this.task.jitter * (2 * Math.random() - 1));
    this.scheduler.addTimeout(
      this.timerOf(pool),
      setTimeout(() => void this.run(pool), pauseSeconds * 1000),
    );
  }

  private async run(pool: string): Promise<void> {
    this.running.add(pool);
    try {
      await this.task.run(pool);
    } finally {
      this.running.delete(pool);
      this.scheduleNext(pool);
    }
  }

  private scheduleNext(pool: string): void {
    const seconds = this.intervals.get(pool);
    if (seconds !== undefined && this.pools().has(pool)) {
      this.schedule(pool, seconds);
      return;
    }
    this.clear(pool);
    this.intervals.delete(pool);
  }

  private clear(pool: string): void {
    const timer = this.timerOf(pool);
    if (this.scheduler.doesExist('timeout', timer)) this.scheduler.deleteTimeout(timer);
  }

  private timerOf(pool: string): string {
    return pool === DEFAULT_POOL ? this.task.name : `${this.task.name} of ${pool}`;
  }
}
