// The traffic configuration in force in this thread. It is replaced as a whole. Parts that derive
// their own state from it register a listener.
import { DEFAULT_POOL, type PoolConfig, type TrafficConfig } from '@fairlead/traffic-config';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { balancerConfig } from '../config/balancer.config.js';
import { trafficWithoutFile } from './variable-defaults.js';

/** Called with the configuration that is in force from now on. */
export type TrafficListener = (traffic: TrafficConfig) => void;

/** Injection token of the configuration that a thread starts with: that of the file, or of the main thread. */
export const INITIAL_TRAFFIC = 'initial-traffic';

/** How many pools are remembered after they were removed. */
const MAX_REMOVED = 100;

@Injectable()
export class CurrentTraffic {
  private traffic: TrafficConfig;
  private poolsByName: ReadonlyMap<string, PoolConfig>;
  /** The last settings of pools that were removed, the newest last. */
  private readonly removed = new Map<string, PoolConfig>();
  private readonly listeners: TrafficListener[] = [];

  /** Without `initial`, there is no file. */
  constructor(
    @Inject(balancerConfig.KEY) config: ConfigType<typeof balancerConfig>,
    @Optional() @Inject(INITIAL_TRAFFIC) initial?: TrafficConfig,
  ) {
    this.traffic = initial ?? trafficWithoutFile(config);
    this.poolsByName = byName(this.traffic);
  }

  /** Immutable. */
  get config(): TrafficConfig {
    return this.traffic;
  }

  /** The pool with a name; undefined for an unknown one. */
  pool(name: string): PoolConfig | undefined {
    return this.poolsByName.get(name);
  }

  /**
   * The settings of a pool for the requests and backends that are in it: of a removed pool the last ones, because its
   * requests are still in flight; of a pool that was never there those of {@link DEFAULT_POOL}.
   */
  settingsOf(name: string): PoolConfig {
    return this.pool(name) ?? this.removed.get(name) ?? this.defaultPool;
  }

  /** Notifies `listener` at once, and of each configuration that follows. */
  listen(listener: TrafficListener): void {
    this.listeners.push(listener);
    listener(this.traffic);
  }

  /** Puts a configuration in force. */
  replace(traffic: TrafficConfig): void {
    const before = this.traffic.pools;
    this.traffic = traffic;
    this.poolsByName = byName(traffic);
    for (const pool of before) this.removed.set(pool.name, pool);
    for (const { name } of traffic.pools) this.removed.delete(name);
    for (const name of this.removed.keys()) if (this.removed.size > MAX_REMOVED) this.removed.delete(name);
    for (const listener of this.listeners) listener(traffic);
  }

  private get defaultPool(): PoolConfig {
    const pool = this.pool(DEFAULT_POOL);
    if (!pool) throw new Error(`a traffic configuration has no pool ${DEFAULT_POOL}`);
    return pool;
  }
}

function byName({ pools }: TrafficConfig): ReadonlyMap<string, PoolConfig> {
  return new Map(pools.map((pool) => [pool.name, pool]));
}
